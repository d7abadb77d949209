"""Held against numpy and nibabel: the expected maps, and a map that tsnr wrote.

    python tests/nibabel_check.py expected COMMITTED_DIR RECOMPUTED_DIR
    python tests/nibabel_check.py output MAP.nii.gz FIRST_RUN.nii.gz

Exits with a message if something does not hold.
"""

import sys
from pathlib import Path

import nibabel
import numpy

# numpy's own results may differ in the last bits between processors.
TOLERANCE = 1e-14


def expected(committed, recomputed):
    names = sorted(path.name for path in Path(committed).glob("*.nii"))
    assert names == sorted(path.name for path in Path(recomputed).glob("*.nii")) and names
    for name in names:
        a, b = (nibabel.load(Path(folder) / name) for folder in (committed, recomputed))
        assert numpy.array_equal(a.affine, b.affine), name
        numpy.testing.assert_allclose(
            a.get_fdata(), b.get_fdata(), rtol=TOLERANCE, atol=0, equal_nan=True, err_msg=name
        )


def output(path, first_run):
    written, run = nibabel.load(path), nibabel.load(first_run)
    header, source = written.header, run.header
    assert type(written) is nibabel.Nifti1Image
    assert written.shape == run.shape[:3], written.shape
    assert written.get_data_dtype() == numpy.float32
    assert numpy.array_equal(written.affine, run.affine)
    for field in ("sform_code", "qform_code", "quatern_b", "quatern_c", "quatern_d"):
        assert header[field] == source[field], field
    for field in ("qoffset_x", "qoffset_y", "qoffset_z"):
        assert header[field] == source[field], field
    for field in ("srow_x", "srow_y", "srow_z"):
        assert numpy.array_equal(header[field], source[field]), field
    assert numpy.array_equal(header["pixdim"][:4], source["pixdim"][:4])
    assert header.get_xyzt_units() == (source.get_xyzt_units()[0], "unknown")
    # Nothing of the time axis, the run's display range, its notes.
    assert header["dim"][0] == 3 and not numpy.any(header["dim"][4:] != 1)
    for field in ("slice_code", "slice_start", "slice_end", "slice_duration", "toffset"):
        assert header[field] == 0, field
    assert not numpy.any(header["pixdim"][4:])
    assert header["cal_min"] == 0 and header["cal_max"] == 0
    assert header["aux_file"] == b"" and header["intent_name"] == b"tSNR"
    assert header["descrip"].item().startswith(b"tsnr ")
    assert (written.dataobj.slope, written.dataobj.inter) == (1.0, 0.0)
    # nibabel's own checks find nothing to mend.
    problems = nibabel.Nifti1Header.diagnose_binaryblock(header.binaryblock)
    assert not problems, problems


if __name__ == "__main__":
    {"expected": expected, "output": output}[sys.argv[1]](*sys.argv[2:])
