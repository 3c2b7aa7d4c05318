"""Writes small CIFAR batches as pickles, as the published ones were written: with Python 2 and protocol 2.

    python2.7 make.py     cifar-10-batches-py and cifar-100-python; numpy is not needed, its pickles are imitated
    python3 make.py       the same data by the numpy of today: cifar-10-python3, and cifar-10-columns in Fortran's order

Pixel (y, x) of channel c of picture i, counted over all files in the order below, is (53 i + 101 c + 7 y + 3 x) mod 256.
"""
import os
import pickle
import sys
import types

PICTURES = 2
TEN = "airplane automobile bird cat deer dog frog horse ship truck".split()


def pixels(i):
    return [(53 * i + 101 * c + 7 * y + 3 * x) % 256 for c in range(3) for y in range(32) for x in range(32)]


if sys.version_info[0] == 2:
    import cPickle as pickle

    numpy = types.ModuleType("numpy")
    multiarray = types.ModuleType("numpy.core.multiarray")
    sys.modules.update({"numpy": numpy, "numpy.core": types.ModuleType("numpy.core"), "numpy.core.multiarray": multiarray})

    def _reconstruct(kind, shape, code):
        pass

    _reconstruct.__module__ = "numpy.core.multiarray"
    multiarray._reconstruct = _reconstruct

    class dtype(object):
        __module__ = "numpy"

        def __reduce__(self):
            return dtype, ("u1", 0, 1), (3, "|", None, None, None, -1, -1, 0)

    class ndarray(object):
        __module__ = "numpy"

        def __init__(self, rows):
            self.rows = rows

        def __reduce__(self):
            content = "".join("".join(map(chr, row)) for row in self.rows)
            return _reconstruct, (ndarray, (0,), "b"), (1, (len(self.rows), 3072), dtype_u1, False, content)

    numpy.dtype, numpy.ndarray = dtype, ndarray
    dtype_u1 = dtype()
    array = ndarray
else:
    import numpy

    def array(rows):
        return numpy.array(rows, dtype=numpy.uint8, order=order)


def write(folder, name, content):
    if not os.path.isdir(folder):
        os.makedirs(folder)
    with open(os.path.join(folder, name), "wb") as file:
        pickle.dump(content, file, 2)


def ten(folder):
    names = ["data_batch_%d" % n for n in range(1, 6)] + ["test_batch"]
    for n, name in enumerate(names):
        numbers = range(n * PICTURES, (n + 1) * PICTURES)
        write(folder, name, {
            "batch_label": "batch %d" % n,
            "labels": [i % 10 for i in numbers],
            "data": array([pixels(i) for i in numbers]),
            "filenames": ["picture_%d.png" % i for i in numbers],
        })
    write(folder, "batches.meta", {"num_cases_per_batch": PICTURES, "label_names": TEN, "num_vis": 3072})


def hundred(folder):
    for name, numbers in (("train", range(4)), ("test", range(4, 6))):
        write(folder, name, {
            "filenames": ["picture_%d.png" % i for i in numbers],
            "batch_label": "1 of 1",
            "fine_labels": [(17 * i + 3) % 100 for i in numbers],
            "coarse_labels": [(3 * i + 1) % 20 for i in numbers],
            "data": array([pixels(i) for i in numbers]),
        })
    write(folder, "meta", {
        "fine_label_names": ["fine_%d" % i for i in range(100)],
        "coarse_label_names": ["coarse_%d" % i for i in range(20)],
    })


if sys.version_info[0] == 2:
    ten("cifar-10-batches-py")
    hundred("cifar-100-python")
else:
    order = "C"
    ten("cifar-10-python3")
    order = "F"
    ten("cifar-10-columns")
