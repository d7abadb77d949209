#!/bin/sh
# tSNR with niimath, as with FSL's fslmaths: -Tstd, then -Tmean and -div.
#
#     sh niimath.sh MAP RUN...
#
# It takes one image. Several runs are merged before, where FSL's users type `fslmerge -t`; FSL is
# not on PyPI nor in Debian, so nibabel does it. The merged image is not compressed: that is faster.
set -eu
output=$1
shift
folder=$(dirname "$output")

case $output in
*.gz) FSLOUTPUTTYPE=NIFTI_GZ ;;
*) FSLOUTPUTTYPE=NIFTI ;;
esac
export FSLOUTPUTTYPE

if [ $# -gt 1 ]; then
    python "$(dirname "$0")/merge_runs.py" "$folder/merged.nii" "$@"
    set -- "$folder/merged.nii"
fi
niimath "$1" -Tstd "$folder/std"
niimath "$1" -Tmean -div "$folder/std" "$output"
