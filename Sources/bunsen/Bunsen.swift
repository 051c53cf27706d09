import BunsenCommands

@main
enum Bunsen {
    static func main() {
        CommandLineTool.main(context: .fromProcess())
    }
}
