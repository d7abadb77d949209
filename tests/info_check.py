"""What `tsnr info --json` says of images, held against nibabel.

    python tests/info_check.py INFO.json LEAST

Every image of INFO.json that nibabel reads too is compared, at least LEAST of them; their count is printed.
"""

import json
import sys

import nibabel
import numpy

# Seconds in a unit of time, as nibabel calls it.
UNITS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6, "unknown": 1.0}


def grid_and_volumes(image, info):
    shape = image.shape
    if isinstance(image, nibabel.Cifti2Image):
        return [shape[1], 1, 1], shape[0]
    if len(shape) == 5 and shape[3] == 1:
        shape = shape[:3] + shape[4:]
    padded = list(shape) + [1] * (4 - len(shape))
    return padded[:3], int(numpy.prod(padded[3:]))


def compare(info):
    image = nibabel.load(info["files"][0])
    header = image.header
    shape, volumes = grid_and_volumes(image, info)
    assert volumes == info["volumes"], (volumes, info["volumes"])
    if isinstance(image, nibabel.Cifti2Image):
        assert info["grid"] is None and info["points"]["count"] == shape[0]
        axes = [image.header.get_axis(number) for number in (0, 1)]
        if isinstance(axes[0], nibabel.cifti2.SeriesAxis):
            assert numpy.isclose(axes[0].step, info["tr_of_image_seconds"], rtol=1e-12)
        if isinstance(axes[1], nibabel.cifti2.BrainModelAxis):
            found = [(it["name"], it["count"]) for it in info["points"]["structures"]]
            assert found == [(name, len(part)) for name, _, part in axes[1].iter_structures()]
        return
    if isinstance(image, nibabel.MGHImage) and info["points"]:
        assert info["grid"] is None and shape == [info["points"]["count"], 1, 1], shape
        return
    assert shape == info["grid"]["shape"], (shape, info["grid"]["shape"])
    assert info["datatype"] == header.get_data_dtype().name or info["format"] == "AFNI"
    # What cannot be is mended by other rules.
    is_mended = any(it["name"] == "header-mended" for it in info["findings"])
    if not is_mended:
        found = numpy.array(info["grid"]["affine"])
        # nibabel computes that of MGH in float32.
        assert numpy.allclose(image.affine, found, rtol=0, atol=1e-5), (image.affine, found)
        if info["grid"]["orientation"] is not None:
            assert info["grid"]["orientation"] == "".join(nibabel.aff2axcodes(image.affine))
    if isinstance(image, nibabel.Nifti1Pair):
        assert info["byte_order"] == {"<": "little", ">": "big"}[header.endianness]
        scaling = (image.dataobj.slope, image.dataobj.inter)
        assert (info["slope"], info["intercept"]) == scaling, scaling
        assert info["description"] == header["descrip"].item().decode("latin-1").strip()
        codes = [it["code"] for it in info["extensions"]]
        assert codes == [it.get_code() for it in header.extensions], codes
        if image.ndim == 4 and header["pixdim"][4] > 0:
            step = float(header["pixdim"][4]) * UNITS[header.get_xyzt_units()[1]]
            assert numpy.isclose(info["tr_of_image_seconds"], step, rtol=1e-6)
    if isinstance(image, nibabel.MGHImage) and volumes > 1:
        expected = float(header["tr"]) / 1e3
        assert numpy.isclose(info["tr_of_image_seconds"] or 0.0, expected, rtol=1e-6)


def main(path, least):
    with open(path) as file:
        infos = json.load(file)
    count = 0
    for info in infos["images"]:
        try:
            nibabel.load(info["files"][0])
        except Exception:
            continue
        try:
            compare(info)
        except AssertionError as error:
            raise SystemExit(f"{info['path']}: {error!r}")
        count += 1
    assert count >= int(least), f"{count} images compared, expected {least}"
    print(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
