import ExperimentModel
print("bunsen")
