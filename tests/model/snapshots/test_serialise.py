"""Objects as plain values and bytes: everything comes back to the bit, and no code but the market's own is named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from secondhalf.model.snapshots.serialise import Packer, SerialiseError, Unpacker


def test_no_code_is_named_by_a_file() -> None:
    for name in ("os:system", "secondhalf.experiments.run.study:run", "secondhalf.model.initial_state:settle_in"):
        with pytest.raises(SerialiseError, match="no class of the market"):
            Unpacker(b"", {}).unpack(["object", name])


def test_arrays_keep_their_bits_and_layout() -> None:
    layout = np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1)
    row = {"a": np.array([1.0, np.nan]), "b": np.array([1, 2], np.int8)}
    things = {
        "layout": layout,
        "shared": [layout, (layout, None)],
        "empty": np.zeros((0, 3)),
        "zero": np.array(2.5),
        "rows": [row, {name: values * 2 for name, values in row.items()}],
        "numbers": [{"x": 0.1}, {"x": float("inf")}],
        "unlike": [{"x": 1.0}, {"y": 1.0}],
        "key": {(1, "a"): np.uint64(2**64 - 1)},
        "text": np.array(["a", "bc"]),
    }
    packer = Packer({})
    value = json.loads(json.dumps(packer.pack(things)))
    again = Unpacker(bytes(packer.data), {}).unpack(value)
    assert np.array_equal(again["layout"], layout)
    assert again["layout"].strides == layout.copy(order="K").strides
    assert again["shared"][0] is again["layout"] is again["shared"][1][0]
    assert again["empty"].shape == (0, 3)
    assert again["zero"].shape == ()
    assert again["rows"][1]["b"].tolist() == [2, 4]
    assert np.isnan(again["rows"][0]["a"][1])
    assert (again["numbers"], again["unlike"]) == (things["numbers"], things["unlike"])
    assert again["key"] == things["key"]
    assert again["key"][1, "a"].dtype == np.uint64
    assert again["text"].tolist() == ["a", "bc"]
