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
    // A layer of outside on every face, so that no neighbour has to be looked for beyond one.
    let [nx, ny, nz] = shape.map(|length| length + 2);
    let strides = [1, nx, nx * ny];
    let lines = || (0..shape[1] * shape[2]).map(|it| (it % shape[1], it / shape[1]));
    let start = |(y, z): (usize, usize)| 1 + nx * (y + 1 + ny * (z + 1));
    let mut unseen = vec![false; nx * ny * nz];
    for (line, of_line) in lines().zip(inside.chunks_exact(shape[0])) {
        unseen[start(line)..][..shape[0]].copy_from_slice(of_line);
    }
    let first = |component: &[usize]| {
        let position = |&it: &usize| (it % nx, it / nx % ny, it / strides[2]);
        component.iter().map(position).min()
    };
    let mut largest = Vec::new();
    let mut component = Vec::new();
    for start in lines().map(start).flat_map(|it| it..it + shape[0]) {
        if !std::mem::take(&mut unseen[start]) {
            continue;
        }
        component.clear();
        component.push(start);
        let mut next = 0;
        while let Some(&voxel) = component.get(next) {
            next += 1;
            for neighbour in strides.into_iter().flat_map(|it| [voxel - it, voxel + it]) {
                if std::mem::take(&mut unseen[neighbour]) {
                    component.push(neighbour);
                }
            }
        }
        let is_first_of_equal =
            component.len() == largest.len() && first(&component) < first(&largest);
        if component.len() > largest.len() || is_first_of_equal {
            std::mem::swap(&mut largest, &mut component);
        }
    }
    // What is free for another use is all that was seen.
    unseen.fill(false);
    largest.into_iter().for_each(|voxel| unseen[voxel] = true);
    lines().flat_map(|line| unseen[start(line)..][..shape[0]].iter().copied()).collect()
}
