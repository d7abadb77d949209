//! Erosion, dilation and connected components, with the six voxels that share a face as the
//! neighbours of a voxel. What lies beyond the grid is outside; across an axis of length 1
//! there are no neighbours at all.

/// The voxels inside whose neighbours are all inside.
pub fn erosion(inside: &[bool], shape: [usize; 3]) -> Vec<bool> {
    with_neighbours(inside, shape, |voxel, neighbour| *voxel &= neighbour)
}

/// The voxels inside, and their neighbours.
pub fn dilation(inside: &[bool], shape: [usize; 3]) -> Vec<bool> {
    with_neighbours(inside, shape, |voxel, neighbour| *voxel |= neighbour)
}

/// How many dilations it takes until each voxel is inside: 0 of those that are, `most` of those for which
/// it takes as many or more.
pub fn layers_around(inside: &[bool], shape: [usize; 3], most: u8) -> Vec<u8> {
    let mut layers: Vec<u8> = inside.iter().map(|&it| if it { 0 } else { most }).collect();
    let further =
        |layer: &mut u8, neighbour: u8| *layer = (*layer).min(neighbour.saturating_add(1));
    // Steps from face to face are counted along one axis after the other, there and back.
    let mut stride = 1;
    for length in shape {
        let span = stride * length;
        for layers in layers.chunks_exact_mut(span) {
            for at in 1..length {
                let (before, here) = layers.split_at_mut(at * stride);
                let before = &before[(at - 1) * stride..];
                here.iter_mut().zip(before).for_each(|(layer, &before)| further(layer, before));
            }
            for at in (1..length).rev() {
                let (here, behind) = layers.split_at_mut(at * stride);
                let here = &mut here[(at - 1) * stride..];
                here.iter_mut().zip(&*behind).for_each(|(layer, &behind)| further(layer, behind));
            }
        }
        stride = span;
    }
    layers
}

/// Every voxel after it has met each of its neighbours.
fn with_neighbours(
    inside: &[bool],
    shape: [usize; 3],
    meet: impl Fn(&mut bool, bool),
) -> Vec<bool> {
    const BEYOND: bool = false;
    let mut result = inside.to_vec();
    let mut stride = 1;
    for length in shape {
        let span = stride * length;
        if length > 1 {
            for (from, to) in inside.chunks_exact(span).zip(result.chunks_exact_mut(span)) {
                let last = span - stride;
                to[..stride].iter_mut().for_each(|voxel| meet(voxel, BEYOND));
                to[stride..].iter_mut().zip(from).for_each(|(voxel, &before)| meet(voxel, before));
                let behind = &from[stride..];
                to.iter_mut().zip(behind).for_each(|(voxel, &behind)| meet(voxel, behind));
                to[last..].iter_mut().for_each(|voxel| meet(voxel, BEYOND));
            }
        }
        stride = span;
    }
    result
}

/// The greatest set of voxels inside that hang together; of equally great ones that with the
/// least x, then y, then z.
pub fn largest_component(inside: &[bool], shape: [usize; 3]) -> Vec<bool> {
    let [nx, ny, nz] = shape;
    let strides = [1, nx, nx * ny];
    let mut unseen = inside.to_vec();
    let mut largest = Vec::new();
    // x is the slowest here, which decides between equally great ones.
    let starts = (0..nx).flat_map(|x| (0..ny).flat_map(move |y| (0..nz).map(move |z| (x, y, z))));
    for (x, y, z) in starts {
        let start = x + nx * (y + ny * z);
        if !unseen[start] {
            continue;
        }
        unseen[start] = false;
        let mut component = vec![start];
        let mut next = 0;
        while let Some(&voxel) = component.get(next) {
            next += 1;
            let position = [voxel % nx, voxel / nx % ny, voxel / strides[2]];
            for axis in 0..3 {
                let before = (position[axis] > 0).then(|| voxel - strides[axis]);
                let behind = (position[axis] + 1 < shape[axis]).then(|| voxel + strides[axis]);
                for neighbour in [before, behind].into_iter().flatten() {
                    if std::mem::take(&mut unseen[neighbour]) {
                        component.push(neighbour);
                    }
                }
            }
        }
        if component.len() > largest.len() {
            largest = component;
        }
    }
    let mut result = vec![false; inside.len()];
    largest.into_iter().for_each(|voxel| result[voxel] = true);
    result
}
