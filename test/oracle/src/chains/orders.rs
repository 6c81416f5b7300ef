//! Which certificates are in a file, and in which order.

use anyhow::Result;

use super::{Certificate, Chain, Keys, Server, pem};
use crate::input::Input;

/// Every order, what is missing, what is there twice, and what doesn't belong there.
pub(super) fn inputs(server: Server, keys: &mut Keys<'_>, inputs: &mut Vec<Input>) -> Result<()> {
    for length in 2..=4 {
        let chain = Chain::new(server, length, keys)?;
        let signed = chain.signed()?;
        for order in orders(length) {
            if server.is_running() && order[0] != 0 {
                continue; // It wouldn't run with it.
            }
            let file: String = order.iter().map(|at| signed[*at].as_str()).collect();
            let digits: String = order.iter().map(ToString::to_string).collect();
            inputs.push(chain.input(&format!("order/{length}/{digits}"), file.into()));
        }
    }
    for length in [5, 11, 12, 13] {
        let chain = Chain::new(server, length, keys)?;
        inputs.push(chain.input(&format!("length/{length}"), chain.file()?));
    }
    let chain = Chain::new(server, 3, keys)?;
    for (what, file) in others(&chain, keys)? {
        if server.is_running() && ["stranger-first", "root-alone-for-another-key"].contains(&what) {
            continue;
        }
        inputs.push(chain.input(&format!("with/{what}"), file.into()));
    }
    Ok(())
}

/// Those in order and backwards, without one, with one twice, with two of them exchanged.
fn orders(length: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..length).collect();
    let mut orders = vec![all.iter().rev().copied().collect()];
    for at in 0..length {
        let mut without = all.clone();
        without.remove(at);
        orders.push(without);
        for other in 0..=length {
            let mut twice = all.clone();
            twice.insert(other, at);
            orders.push(twice);
        }
        for other in at + 1..length {
            let mut exchanged = all.clone();
            exchanged.swap(at, other);
            orders.push(exchanged);
        }
    }
    orders.sort();
    orders.dedup();
    orders
}

/// A chain with certificates of others, and with other certificates of its own.
fn others(chain: &Chain, keys: &mut Keys<'_>) -> Result<Vec<(&'static str, String)>> {
    let [first, middle, root] = &chain.certificates[..] else {
        return Ok(vec![]);
    };
    let own = chain.signed()?;
    let [f, m, r] = [0, 1, 2].map(|at| &own[at]);
    let sign =
        |certificate: &Certificate, issuer: &Certificate| pem(&certificate.signed_by(issuer)?);
    let stranger = Certificate::authority("stranger", &keys.key("p256", 9)?, &[]);
    let cross = sign(root, &stranger)?;
    let strange = sign(&stranger, &stranger)?;
    // The same name, another key.
    let mut double = middle.clone();
    double.set_key(&keys.key("p256", 9)?);
    let double = sign(&double, root)?;
    let mut expired = middle.clone();
    expired.validity = super::certificate::lifetime(b"240101000000Z", b"240102000000Z");
    let expired = sign(&expired, root)?;
    let mut other_serial = middle.clone();
    other_serial.serial = vec![99];
    let again = sign(&other_serial, root)?;
    let mut impostor = root.clone();
    impostor.set_key(&keys.key("p256", 9)?);
    let impostor = sign(&impostor, &impostor)?;
    let loop_back = sign(root, middle)?;
    let leaf = Certificate::timestamping("other leaf", &keys.key("p256", 10)?);
    let unrelated_leaf = sign(&leaf, middle)?;
    let mut renamed = first.clone();
    renamed.issuer = Some(super::der::name_of(0x13, b"authority 1"));
    let renamed = sign(&renamed, middle)?;
    let chains = [
        ("cross-signed-end", vec![f, m, &cross]),
        ("cross-signed-and-its-root", vec![f, m, &cross, &strange]),
        ("cross-signed-before-root", vec![f, m, &cross, r]),
        ("cross-signed-behind-root", vec![f, m, r, &cross]),
        ("stranger-between", vec![f, &strange, m, r]),
        ("stranger-before-root", vec![f, m, &strange, r]),
        ("stranger-at-the-end", vec![f, m, r, &strange]),
        ("stranger-first", vec![&strange, f, m, r]),
        ("another-key-of-that-name", vec![f, &double, m, r]),
        ("only-another-key-of-that-name", vec![f, &double, r]),
        ("expired-twin-first", vec![f, &expired, m, r]),
        ("expired-twin-behind", vec![f, m, &expired, r]),
        ("twin", vec![f, m, &again, r]),
        ("another-root-of-that-name", vec![f, m, &impostor]),
        (
            "another-root-of-that-name-between",
            vec![f, m, &impostor, r],
        ),
        ("a-loop", vec![f, m, &loop_back]),
        ("a-loop-before-root", vec![f, m, &loop_back, r]),
        ("another-leaf", vec![f, &unrelated_leaf, m, r]),
        ("issuer-in-another-encoding", vec![&renamed, m, r]),
        ("root-alone-for-another-key", vec![r]),
    ];
    let file = |pems: Vec<&String>| pems.into_iter().map(String::as_str).collect();
    Ok(chains.map(|(name, pems)| (name, file(pems))).into())
}
