//! The colours of a map.

/// A map from numbers to colours. All but the last are perceptually uniform and rise in lightness,
/// so that they keep their order in grey and for the colour-blind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colormap {
    /// Colours from violet over green to yellow.
    Viridis,
    /// Colours from black over violet and orange to white.
    Magma,
    /// Colours from black over red to yellow.
    Inferno,
    /// Colours from blue to yellow, the same to those who see no red or green.
    Cividis,
    /// Greys from black to white.
    Gray,
    /// Colours from blue over white, in the middle, to red: for differences.
    Difference,
}

// Every third of the 256 colours of matplotlib 3.11.2 (whose authors gave viridis, magma and
// inferno to the public domain, CC0; cividis is Nunez, Anderton and Renslow 2018, also CC0), as
// RRGGBB. What lies between is interpolated, and off by at most 1 of 255 (cividis: 2).
const VIRIDIS: &str = "\
    440154450559460a5d470e61471365481769481b6d481f70482374482677472a7a472e7c46327e\
    453581443983433d844240864144873f47883e4a893d4e8a3b518b3a548c38588c375b8d355e8d\
    34618d32648e31678e306a8e2e6d8e2d708e2c728e2b758e2a788e297b8e277e8e26818e25838e\
    24868e23898e228c8d218f8d20928c1f948c1f978b1f9a8a1e9d891fa0881fa28721a58522a884\
    25ab8227ad812ab07f2eb37c32b67a37b8783bbb7540bd7246c06f4cc26c52c56958c7655ec962\
    65cb5e6ccd5a73d0567ad15181d34d89d54890d74398d83ea0da39a8db34b0dd2fb8de29c0df25\
    c8e020d0e11cd8e219dfe318e7e419efe51cf6e620fde725";
const MAGMA: &str = "\
    00000401010802020d04041406051a0907200c0926100b2d130d34160f3b1a10421e1149221150\
    2712582c115f31116536106b3b0f70400f744510774a10794f127b54137d59157e5d177f621980\
    671b806b1d81701f817521817922827e24828326818827818c2981912b81962c809b2e7fa02f7f\
    a5317eaa337dae347bb3367ab83779bd3977c23b75c73d73cc3f71d0416fd5446dd9466bde4968\
    e24d66e55064e95462ec5860ef5d5ef2625df4675cf66c5cf7725cf9785dfa7d5efb835ffc8961\
    fc8e64fd9467fd9a6afe9f6dfea571feaa74feb078feb67cfebb81fec185fec68afecc8ffed194\
    fed799fddc9efde2a3fde7a9fcecaefcf2b4fcf7b9fcfdbf";
const INFERNO: &str = "\
    00000401010802020e04031407051b0a07220d0829110a30150b37190c3e1e0c45230c4c280b53\
    2d0b59320a5e3809623d0965420a68470b6a4c0c6b510e6c550f6d5a116e5f136e64156e69166e\
    6d186e721a6e771c6d7c1d6d801f6c85216b8a226a8f24699326679827669d2964a22b62a62d60\
    ab2f5eb0315bb43359b93556bd3853c13a50c63d4dca404ace4347d24644d54a41d94d3ddd513a\
    e05536e35933e65d2fe9612beb6628ee6a24f06f20f2741cf47918f67e14f78410f8890cf98e09\
    fa9407fb9906fc9f07fca50afcaa0ffcb014fbb61afbbc21fac228f9c72ff8cd37f7d340f5d949\
    f4df53f3e55df2ea69f1ef75f2f482f4f88ef8fb9afcffa4";
const CIVIDIS: &str = "\
    00224e00255300275800295d002b62002d68002f6d0031700533710f35701637701c396f213b6e\
    263d6e2a3f6d2e416d32436d35456c39486c3c4a6c3f4c6c424e6c45506c48526c4b546c4e566c\
    51586d545a6d565c6d595e6e5c616e5e636f61656f646770666970696b716c6d726e6f73717274\
    7374757676767878777b7a787e7c78807f788381798683798985788c88788f8a78928c78948e77\
    9791779a93769d9576a09875a39a74a69c74a99f73aca172afa471b3a670b6a96fb9ab6dbcae6c\
    bfb06bc2b369c5b568c8b866ccba64cfbd62d2c060d5c25ed9c55cdcc859dfca57e2cd54e6d051\
    e9d34eedd54af0d846f3db42f7de3efbe138fee434fee838";

/// The two ends of [`Colormap::Difference`], in Oklab (Ottosson 2020): lightness, green to red,
/// blue to yellow. They are equally light, and so is what lies equally far from the middle.
const DIFFERENCE: [[f64; 3]; 2] = [[0.45, -0.03, -0.17], [0.45, 0.17, 0.09]];
/// The middle.
const WHITE: [f64; 3] = [0.98, 0.0, 0.0];

impl Colormap {
    /// All of them.
    pub const ALL: [Colormap; 6] = [
        Colormap::Viridis,
        Colormap::Magma,
        Colormap::Inferno,
        Colormap::Cividis,
        Colormap::Gray,
        Colormap::Difference,
    ];

    /// The name of the colour map, in small letters.
    pub fn name(self) -> &'static str {
        ["viridis", "magma", "inferno", "cividis", "gray", "difference"][self as usize]
    }

    /// The map of a name.
    pub fn of_name(name: &str) -> Option<Colormap> {
        Colormap::ALL.into_iter().find(|map| map.name() == name)
    }

    /// The colour, as sRGB, at a place from 0, the least value, to 1, the greatest.
    pub fn color(self, fraction: f64) -> [u8; 3] {
        let fraction = fraction.clamp(0.0, 1.0);
        match self {
            Colormap::Viridis => between_anchors(VIRIDIS, fraction),
            Colormap::Magma => between_anchors(MAGMA, fraction),
            Colormap::Inferno => between_anchors(INFERNO, fraction),
            Colormap::Cividis => between_anchors(CIVIDIS, fraction),
            Colormap::Gray => [(255.0 * fraction).round() as u8; 3],
            Colormap::Difference => {
                let side = 2.0 * fraction - 1.0;
                let end = DIFFERENCE[usize::from(side > 0.0)];
                let part = side.abs();
                srgb([0, 1, 2].map(|it| WHITE[it] + (end[it] - WHITE[it]) * part))
            }
        }
    }
}

fn between_anchors(anchors: &str, fraction: f64) -> [u8; 3] {
    let last = anchors.len() / 6 - 1;
    let place = fraction * last as f64;
    let below = (place as usize).min(last - 1);
    let part = |anchor: usize, channel: usize| {
        let digits = &anchors[6 * anchor + 2 * channel..][..2];
        f64::from(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"))
    };
    [0, 1, 2].map(|channel| {
        let (low, high) = (part(below, channel), part(below + 1, channel));
        (low + (high - low) * (place - below as f64)).round() as u8
    })
}

/// Oklab to sRGB, by the matrices of its definition.
fn srgb([lightness, a, b]: [f64; 3]) -> [u8; 3] {
    let cones = [
        lightness + 0.3963377774 * a + 0.2158037573 * b,
        lightness - 0.1055613458 * a - 0.0638541728 * b,
        lightness - 0.0894841775 * a - 1.2914855480 * b,
    ];
    let [l, m, s] = cones.map(|it| it * it * it);
    let linear = [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ];
    linear.map(|it| {
        let it = it.clamp(0.0, 1.0);
        let curved = if it <= 0.0031308 { 12.92 * it } else { 1.055 * it.powf(1.0 / 2.4) - 0.055 };
        (255.0 * curved).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // matplotlib 3.11.2: `(255 * colormaps[name](np.arange(1, 256, 3))[:, :3]).round()`.
    const VIRIDIS_BETWEEN: &str = "\
        44025646075a460b5e47106348146748186a481c6e482071482475482878472c7a472f7d46337f\
        453781443a83433e854241864045883f48893e4c8a3c4f8a3b528b39558c38598c365c8d355f8d\
        33628d32658e31688e2f6b8e2e6e8e2d718e2c738e2a768e29798e287c8e277f8e26828e25848e\
        24878e238a8d228d8d21908d20928c1f958b1f988b1e9b8a1f9e891fa18820a38621a68523a983\
        25ac8228ae802cb17e2fb47c34b67938b9773dbc7442be7148c16e4ec36b54c5685ac86460ca60\
        67cc5c6ece5875d0547cd25084d44b8bd64693d7419bd93ca2da37aadc32b2dd2dbade28c2df23\
        cae11fd2e21bdae319e2e418eae51af1e51df8e621";
    const MAGMA_BETWEEN: &str = "\
        01000502010903030f05041607061c0a08220d0a29110c2f140e36180f3d1c104420114b241253\
        29115a2d116133106738106c3d0f71420f754710784c117a51127c56147d5a167e5f187f641a80\
        681c816d1d81721f817621817b23828025828426818928818e2a81932b80982d809c2e7fa1307e\
        a6317dab337cb0357bb5367aba3878bf3a77c43c75c83e73cd4071d2426fd6456cdb476adf4a68\
        e34e65e75263ea5661ed5a5ff05f5ef2645cf4695cf66e5cf8745cf9795dfa7f5efb8560fc8a62\
        fc9065fd9668fd9b6bfea16efea772feac76feb27afeb77efebd82fec287fec88cfecd90fed395\
        fed89afddea0fde3a5fde9aafceeb0fcf4b6fcf9bb";
    const INFERNO_BETWEEN: &str = "\
        01000502010a03021005041708051d0b07240e092b120a32160b391b0c411f0c48240c4f290b55\
        2f0a5b340a5f3909633e0966440a68490b6a4d0d6c520e6d57106e5c126e61136e65156e6a176e\
        6f196e741a6e781c6d7d1e6d82206c87216b8c23699025689526679a28659f2a63a32c61a82e5f\
        ad305db1325ab63458ba3655bf3952c33b4fc73e4ccb4149cf4446d34743d74b3fda4e3cde5238\
        e15635e45a31e75e2eea632aec6726ef6c23f1711ff3761bf57b17f68013f8850ff98b0bfa9008\
        fb9606fb9b06fca108fca60cfcac11fcb216fbb81dfbbe23fac42af9c932f8cf3af6d543f5db4c\
        f4e156f2e661f1ec6df1f179f3f586f5f992f9fc9d";
    const CIVIDIS_BETWEEN: &str = "\
        00234f002554002859002a5f002c64002e6a00306f00317108337012357018376f1e3a6f233c6e\
        273e6e2b406d2f426d33446d36466c3a486c3d4a6c404c6c434e6c46516c49536c4c556c4f576c\
        52596d555b6d575d6d5a5f6e5d616e5f636f62656f656870676a716a6c716c6e726f7073727274\
        7474757777767979777c7b787e7d78817f788482798784788a86788d8878908b78928d78958f77\
        9892779b94769e9676a19975a49b74a79d73aaa073ada272b0a571b4a76fb7a96ebaac6dbdae6c\
        c0b16ac3b369c6b667c9b965cdbb63d0be62d3c05fd6c35ddac65bddc858e0cb56e4ce53e7d150\
        ead34ceed649f1d945f5dc41f8df3cfce236fee535";

    #[test]
    fn between_the_anchors_the_colours_are_those_of_matplotlib() {
        let expected = [
            (Colormap::Viridis, VIRIDIS_BETWEEN, 1),
            (Colormap::Magma, MAGMA_BETWEEN, 1),
            (Colormap::Inferno, INFERNO_BETWEEN, 1),
            (Colormap::Cividis, CIVIDIS_BETWEEN, 2),
        ];
        for (map, colors, tolerance) in expected {
            assert_eq!(colors.len(), 85 * 6);
            for number in 0..85 {
                let found = map.color(f64::from(3 * number + 1) / 255.0);
                for (channel, found) in found.into_iter().enumerate() {
                    let digits = &colors[6 * number as usize + 2 * channel..][..2];
                    let expected = u8::from_str_radix(digits, 16).unwrap();
                    assert!(
                        found.abs_diff(expected) <= tolerance,
                        "{map:?} {number}: {found} {expected}"
                    );
                }
            }
        }
    }

    /// The relative luminance of the sRGB standard.
    fn luminance(color: [u8; 3]) -> f64 {
        let [r, g, b] = color.map(|it| {
            let it = f64::from(it) / 255.0;
            if it <= 0.04045 { it / 12.92 } else { ((it + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn lightness_rises_and_a_difference_is_as_light_below_as_above() {
        for map in Colormap::ALL {
            assert_eq!(Colormap::of_name(map.name()), Some(map));
            let light: Vec<f64> =
                (0..=50).map(|it| luminance(map.color(f64::from(it) / 50.0))).collect();
            if map == Colormap::Difference {
                assert!(light[..=25].is_sorted() && light[25..].is_sorted_by(|a, b| a >= b));
                for it in 0..25 {
                    assert!((light[it] - light[50 - it]).abs() < 0.08, "{it}: {light:?}");
                }
            } else {
                assert!(light.is_sorted(), "{map:?}");
            }
        }
    }

    #[test]
    fn a_difference_is_blue_below_white_at_and_red_above_nothing() {
        let [blue, white, red] = [0.0, 0.5, 1.0].map(|it| Colormap::Difference.color(it));
        assert!(blue[2] > 120 && blue[0] < 60, "{blue:?}");
        assert!(white.iter().all(|&it| it > 240), "{white:?}");
        assert!(red[0] > 120 && red[2] < 60, "{red:?}");
        assert_eq!(Colormap::Gray.color(f64::NAN.max(0.5)), [128; 3]);
    }
}
