#!/usr/bin/env python3
"""Writes the event files that the tests read, with TensorBoard's own classes and with tensorboardX.

    python3 -m venv venv && venv/bin/pip install tensorboard==2.21.0 tensorboardX==2.6.5 numpy pillow
    venv/bin/python make_fixtures.py [FOLDER]

Values, steps and the wall times that the tests look at are fixed; the first record of each file and the parameters
of `tensorboardX` get the time of the run, so a new run gives equal values but not equal bytes.
"""

import glob
import os
import shutil
import sys
import tempfile

import numpy as np
import tensorboardX
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.histogram import summary_v2 as histogram_summary
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.scalar import metadata as scalar_metadata
from tensorboard.plugins.scalar import summary_v2 as scalar_summary
from tensorboard.plugins.text import metadata as text_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util

START = 1_700_000_000.0
# A PNG of one red pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def keep(folder, target):
    (path,) = glob.glob(os.path.join(folder, "events.out.tfevents.*"))
    shutil.move(path, target)
    shutil.rmtree(folder)


def write(target, events):
    folder = tempfile.mkdtemp()
    writer = EventFileWriter(folder)
    for event in events:
        writer.add_event(event)
    writer.close()
    keep(folder, target)


def event(step, *values):
    result = event_pb2.Event(wall_time=START + step / 4, step=step)
    for value in values:
        result.summary.value.add().CopyFrom(value)
    return result


def tensor_value(tag, tensor, metadata=None):
    value = summary_pb2.Summary.Value(tag=tag, tensor=tensor)
    if metadata is not None:
        value.metadata.CopyFrom(metadata)
    return value


def scalars_v1():
    """What PyTorch's SummaryWriter.add_scalar writes."""
    for step in range(20):
        yield event(step, summary_pb2.Summary.Value(tag="train/loss", simple_value=1 / (step + 1)))
        yield event(step, summary_pb2.Summary.Value(tag="lr", simple_value=3e-4))
    yield event(20, summary_pb2.Summary.Value(tag="train/loss", simple_value=float("nan")))
    yield event(21, summary_pb2.Summary.Value(tag="train/loss", simple_value=float("-inf")))


def scalar_tensors():
    """Every way in which a tensor can be a scalar; the metadata comes with the first value only."""
    metadata = scalar_metadata.create_summary_metadata(display_name="A title", description="")
    for step in range(3):
        first = metadata if step == 0 else None
        yield event(
            step,
            tensor_value("double", tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, double_val=[0.1 + step]), first),
            tensor_value("float", tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[0.5 + step]), first),
        )
    kinds = {
        "content/float": np.float32(1.5),
        "content/double": np.float64(0.1),
        "content/half": np.float16(-0.333),
        "content/int8": np.int8(-8),
        "content/uint8": np.uint8(200),
        "content/int16": np.int16(-1600),
        "content/uint16": np.uint16(60000),
        "content/int32": np.int32(-320000),
        "content/uint32": np.uint32(4000000000),
        "content/int64": np.int64(-(2**40)),
        "content/uint64": np.uint64(2**40),
        "content/bool": np.bool_(True),
    }
    names = {"float": "DT_FLOAT", "double": "DT_DOUBLE", "half": "DT_HALF", "bool": "DT_BOOL"}
    for tag, value in kinds.items():
        name = tag.split("/")[1]
        dtype = getattr(types_pb2, names.get(name, "DT_" + name.upper()))
        tensor = tensor_pb2.TensorProto(dtype=dtype, tensor_content=value.tobytes())
        yield event(0, tensor_value(tag, tensor, metadata))
    typed = {
        "typed/int32": tensor_util.make_tensor_proto(np.int32(-7)),
        "typed/int64": tensor_util.make_tensor_proto(np.int64(-(2**50))),
        "typed/one": tensor_util.make_tensor_proto(np.array([2.25], dtype=np.float32)),
        "typed/half": tensor_pb2.TensorProto(dtype=types_pb2.DT_HALF, half_val=[0x3C00]),
        "typed/bfloat16": tensor_pb2.TensorProto(dtype=types_pb2.DT_BFLOAT16, half_val=[0xC040]),
    }
    for tag, tensor in typed.items():
        yield event(0, tensor_value(tag, tensor, metadata))
    vector = tensor_util.make_tensor_proto(np.array([1.0, 2.0], dtype=np.float32))
    yield event(0, tensor_value("not a scalar", vector, metadata))


def tensorboard_summaries():
    """TensorBoard's second-generation summaries, built by its own plugins."""
    value = scalar_summary.scalar_pb("v2 scalar", 0.25).value[0]
    yield event(1, value)
    histogram = histogram_summary.histogram_pb("v2 histogram", np.array([0.0, 1.0, 1.0, 2.0]), buckets=2)
    yield event(2, histogram.value[0])
    edges = tensor_util.make_tensor_proto(np.array([[0.0, 1.0, 3.0], [1.0, 2.0, 5.0]], dtype=np.float64))
    metadata = histogram_metadata.create_summary_metadata(display_name="", description="")
    yield event(3, tensor_value("double histogram", edges, metadata))
    metadata = image_metadata.create_summary_metadata(display_name="", description="")
    images = tensor_util.make_tensor_proto(np.array([b"1", b"1", PNG, PNG], dtype=object))
    yield event(4, tensor_value("v2 image", images, metadata))
    metadata = text_metadata.create_summary_metadata(display_name="", description="")
    table = tensor_util.make_tensor_proto(np.array([["a", "b"], ["c", "学习率"]], dtype=object))
    yield event(5, tensor_value("v2 text", table, metadata))
    yield event(6, hparams_summary.hparams_config_pb(
        hparams=[hparams_summary.HParam("lr", hparams_summary.RealInterval(1e-5, 1e-1)),
                 hparams_summary.HParam("optimizer", hparams_summary.Discrete(["adamw", "sgd"]))],
        metrics=[hparams_summary.Metric("val/acc", display_name="accuracy")], time_created_secs=START).value[0])
    yield event(7, hparams_summary.hparams_pb(
        {"lr": 3e-4, "optimizer": "adamw", "amp": True}, trial_id="trial", start_time_secs=START).value[0])
    sound = summary_pb2.Summary.Audio(sample_rate=8000, encoded_audio_string=b"RIFF", content_type="audio/wav")
    yield event(8, summary_pb2.Summary.Value(tag="sound", audio=sound))
    restart = event_pb2.Event(wall_time=START + 9, step=2)
    restart.session_log.status = event_pb2.SessionLog.START
    yield restart


def tensorboardx(target):
    folder = tempfile.mkdtemp()
    writer = tensorboardX.SummaryWriter(folder, flush_secs=1)
    for step in range(4):
        writer.add_scalar("loss", 2.0 ** -step, step, walltime=START + step)
    writer.add_histogram("weights", np.linspace(-1, 1, 101), 3, bins=10, walltime=START)
    writer.add_image("picture", np.zeros((3, 2, 4), dtype=np.uint8), 3, walltime=START)
    writer.add_text("note", "hello **world**", 3, walltime=START)
    writer.file_writer.add_summary(tensorboardX.summary.hparams(
        {"lr": 0.1, "layers": 3, "model": "mlp", "bias": False}, {"hparam/acc": 0.9})[1])
    writer.close()
    keep(folder, target)


if __name__ == "__main__":
    here = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    name = "events.out.tfevents."
    write(os.path.join(here, name + "scalars"), scalars_v1())
    write(os.path.join(here, name + "scalar-tensors"), scalar_tensors())
    write(os.path.join(here, name + "tensorboard"), tensorboard_summaries())
    tensorboardx(os.path.join(here, name + "tensorboardX"))
