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
            if stride == 1 {
                // Voxel by voxel, what follows would take several times as long.
                let mut before = most;
                layers.iter_mut().for_each(|layer| {
                    further(layer, before);
                    before = *layer;
                });
                let mut behind = most;
                layers.iter_mut().rev().for_each(|layer| {
                    further(layer, behind);
                    behind = *layer;
                });
                continue;
            }
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

/// Voxels of a line along x that follow one another, by the places of the first one and behind the last.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

/// The greatest set of voxels inside that hang together; of equally great ones that with the
/// least x, then y, then z.
pub fn largest_component(inside: &[bool], shape: [usize; 3]) -> Vec<bool> {
    let [nx, ny, nz] = shape;
    let mut spans: Vec<Span> = Vec::new();
    // The spans of a line are those from its number to the next one.
    let mut lines = vec![0];
    for (line, of_line) in inside.chunks_exact(nx.max(1)).enumerate() {
        let mut rest = 0;
        while let Some(first) = of_line[rest..].iter().position(|&it| it) {
            let start = rest + first;
            let length = of_line[start..].iter().position(|&it| !it).unwrap_or(nx - start);
            rest = start + length;
            spans.push(Span { start: line * nx + start, end: line * nx + rest });
        }
        lines.push(spans.len());
    }
    // Each span leads to another one of its set, or to itself.
    let mut leads_to: Vec<usize> = (0..spans.len()).collect();
    for line in 0..ny * nz {
        let beside = [(line % ny > 0, 1), (line >= ny, ny)];
        for (_, steps) in beside.into_iter().filter(|(is_there, _)| *is_there) {
            let other = line - steps;
            let (mut here, mut there) = (lines[line], lines[other]);
            while here < lines[line + 1] && there < lines[other + 1] {
                let (a, b) = (spans[here], spans[there]);
                let (start, end) = (b.start + steps * nx, b.end + steps * nx);
                if a.start < end && start < a.end {
                    let (one, two) = (last_of(&mut leads_to, here), last_of(&mut leads_to, there));
                    leads_to[one.max(two)] = one.min(two);
                }
                if a.end < end { here += 1 } else { there += 1 }
            }
        }
    }
    let mut sizes = vec![(0_usize, [usize::MAX; 3]); spans.len()];
    for (number, span) in spans.iter().enumerate() {
        let (size, first) = &mut sizes[last_of(&mut leads_to, number)];
        *size += span.end - span.start;
        *first = (*first).min([span.start % nx, span.start / nx % ny, span.start / (nx * ny)]);
    }
    let by_size = |a: &usize, b: &usize| {
        sizes[*a].0.cmp(&sizes[*b].0).then_with(|| sizes[*b].1.cmp(&sizes[*a].1))
    };
    let largest = (0..spans.len()).max_by(by_size);
    let mut result = vec![false; inside.len()];
    for (number, span) in spans.iter().enumerate() {
        if Some(last_of(&mut leads_to, number)) == largest {
            result[span.start..span.end].fill(true);
        }
    }
    result
}

/// The span that stands for the set of this one; the way to it is made shorter.
fn last_of(leads_to: &mut [usize], mut span: usize) -> usize {
    while leads_to[span] != span {
        leads_to[span] = leads_to[leads_to[span]];
        span = leads_to[span];
    }
    span
}
