//! Natural order: numbers inside names count as numbers, so run-2 comes before run-10.

use std::cmp::Ordering;
use std::path::Path;

/// Compares two paths folder by folder, each name in natural order. Names that differ
/// only in leading zeros are told apart by their bytes, so the order is total.
pub fn natural_order(a: &Path, b: &Path) -> Ordering {
    let names = |path: &Path| -> Vec<Vec<u8>> {
        path.components().map(|name| name.as_os_str().as_encoded_bytes().to_vec()).collect()
    };
    let (a, b) = (names(a), names(b));
    for (a, b) in a.iter().zip(&b) {
        let order = natural_order_of_names(a, b);
        if order.is_ne() {
            return order;
        }
    }
    a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
}

fn natural_order_of_names(a: &[u8], b: &[u8]) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (digits_a, digits_b) = (leading_digits(rest_a), leading_digits(rest_b));
        if digits_a > 0 && digits_b > 0 {
            let (number_a, number_b) =
                (without_zeros(&rest_a[..digits_a]), without_zeros(&rest_b[..digits_b]));
            let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
            if order.is_ne() {
                return order;
            }
            (rest_a, rest_b) = (&rest_a[digits_a..], &rest_b[digits_b..]);
        } else {
            match (rest_a.split_first(), rest_b.split_first()) {
                (Some((byte_a, next_a)), Some((byte_b, next_b))) if byte_a == byte_b => {
                    (rest_a, rest_b) = (next_a, next_b);
                }
                (Some((byte_a, _)), Some((byte_b, _))) => return byte_a.cmp(byte_b),
                (None, None) => return a.cmp(b),
                (byte_a, _) => {
                    return if byte_a.is_none() { Ordering::Less } else { Ordering::Greater };
                }
            }
        }
    }
}

fn leading_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_by(|a, b| natural_order(Path::new(a), Path::new(b)));
        names
    }

    #[test]
    fn run_2_comes_before_run_10() {
        assert_eq!(
            sorted(vec!["run-10.nii", "run-2.nii", "run-1.nii"]),
            ["run-1.nii", "run-2.nii", "run-10.nii"]
        );
    }

    #[test]
    fn folders_are_compared_before_names() {
        assert_eq!(
            sorted(vec!["ses-10/a", "ses-2/b", "ses-2/a", "ses-2"]),
            ["ses-2", "ses-2/a", "ses-2/b", "ses-10/a"]
        );
    }

    #[test]
    fn leading_zeros_do_not_change_a_number_but_the_order_is_total() {
        assert_eq!(sorted(vec!["r2", "r1b", "r01b", "r01a"]), ["r01a", "r01b", "r1b", "r2"]);
        assert_ne!(natural_order(Path::new("r01"), Path::new("r1")), Ordering::Equal);
    }

    #[test]
    fn numbers_beyond_64_bits_are_compared_too() {
        assert_eq!(
            sorted(vec!["t100000000000000000000", "t99999999999999999999"]),
            ["t99999999999999999999", "t100000000000000000000"]
        );
    }
}
