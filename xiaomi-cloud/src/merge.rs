//! One device on several servers: which token to trust.
//!
//! A device that was moved to another region in the app stays listed on the old server, with the old token. The
//! records of one id are ranked by, in this order: a usable token; the caller's order of regions; online; a local
//! address; the order in which they came. Only a handshake on the LAN proves a token, so the others are kept.

use std::collections::HashMap;

use crate::device::{Device, DeviceToken};
use crate::region::Region;

/// What ranks a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The id.
    pub did: &'a str,
    /// The server that listed it.
    pub region: Region,
    /// Its token.
    pub token: Option<&'a DeviceToken>,
    /// Whether it is online.
    pub online: bool,
    /// Whether a local address is known.
    pub has_address: bool,
}

impl<'a> From<&'a Device> for Candidate<'a> {
    fn from(device: &'a Device) -> Self {
        Self {
            did: &device.did,
            region: device.region,
            token: device.token.as_ref(),
            online: device.online == Some(true),
            has_address: device.local_ip.is_some(),
        }
    }
}

/// The ranking of the records of one id. Numbers are positions in the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// All records, best first.
    pub order: Vec<usize>,
    /// The records with other usable tokens than the best one, best first, each token once.
    pub alternatives: Vec<usize>,
    /// Why the best one is the best.
    pub reason: Reason,
}

/// Why one record was preferred to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// There is no other record.
    Only,
    /// The others have no usable token.
    UsableToken,
    /// The caller prefers its region.
    PreferredRegion,
    /// It is online.
    Online,
    /// It has a local address.
    Address,
    /// It came first.
    First,
}

/// Groups records by id, in the order in which ids first come, and ranks each group.
#[must_use]
pub fn rank(candidates: &[Candidate<'_>], preferred: &[Region]) -> Vec<Ranked> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: HashMap<&str, usize> = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        let group = *group_of.entry(candidate.did).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.push(index);
        }
    }
    groups
        .into_iter()
        .map(|group| rank_group(candidates, group, preferred))
        .collect()
}

fn rank_group(candidates: &[Candidate<'_>], mut order: Vec<usize>, preferred: &[Region]) -> Ranked {
    let key = |index: &usize| {
        candidates.get(*index).map(|candidate| {
            (
                !is_usable(candidate),
                preferred
                    .iter()
                    .position(|region| *region == candidate.region)
                    .unwrap_or(preferred.len()),
                !candidate.online,
                !candidate.has_address,
            )
        })
    };
    // The sort is stable: what ranks alike keeps its order.
    order.sort_by_key(key);
    let reason = match (order.first().and_then(key), order.get(1).and_then(key)) {
        (Some(best), Some(next)) if best.0 != next.0 => Reason::UsableToken,
        (Some(best), Some(next)) if best.1 != next.1 => Reason::PreferredRegion,
        (Some(best), Some(next)) if best.2 != next.2 => Reason::Online,
        (Some(best), Some(next)) if best.3 != next.3 => Reason::Address,
        (Some(_), Some(_)) => Reason::First,
        _ => Reason::Only,
    };
    let mut alternatives: Vec<usize> = Vec::new();
    let token = |index: usize| {
        candidates
            .get(index)
            .filter(|candidate| is_usable(candidate))?
            .token
    };
    for &index in order.iter().skip(1) {
        let seen = order.first().into_iter().chain(&alternatives);
        if let Some(other) = token(index)
            && !seen.copied().any(|seen| token(seen) == Some(other))
        {
            alternatives.push(index);
        }
    }
    Ranked {
        order,
        alternatives,
        reason,
    }
}

fn is_usable(candidate: &Candidate<'_>) -> bool {
    candidate.token.is_some_and(DeviceToken::is_usable)
}

/// A device, once, whatever servers list it.
#[derive(Clone, Debug)]
pub struct MergedDevice {
    /// The best record.
    pub device: Device,
    /// Why it is the best.
    pub reason: Reason,
    /// Other tokens that may be the right one, best first: try them if the first one fails on the LAN.
    pub alternatives: Vec<(Region, DeviceToken)>,
    /// All servers that list it, best first.
    pub regions: Vec<Region>,
}

impl MergedDevice {
    /// Whether another server has a different usable token.
    #[must_use]
    pub fn has_conflict(&self) -> bool {
        !self.alternatives.is_empty()
    }
}

/// Merges the records of several servers by the rule above.
#[must_use]
pub fn merge(devices: Vec<Device>, preferred: &[Region]) -> Vec<MergedDevice> {
    let candidates: Vec<Candidate<'_>> = devices.iter().map(Candidate::from).collect();
    let ranked = rank(&candidates, preferred);
    let mut devices: Vec<Option<Device>> = devices.into_iter().map(Some).collect();
    let mut merged = Vec::with_capacity(ranked.len());
    for group in ranked {
        let at = |index: &usize| devices.get(*index).and_then(Option::as_ref);
        let alternatives = group
            .alternatives
            .iter()
            .filter_map(at)
            .filter_map(|device| Some((device.region, device.token.clone()?)))
            .collect();
        let regions = group
            .order
            .iter()
            .filter_map(at)
            .map(|device| device.region)
            .collect();
        if let Some(device) = group
            .order
            .first()
            .and_then(|best| devices.get_mut(*best))
            .and_then(Option::take)
        {
            merged.push(MergedDevice {
                device,
                reason: group.reason,
                alternatives,
                regions,
            });
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(region: Region, token: &str, online: bool) -> Device {
        let record = serde_json::json!({"did": "1", "token": token, "isOnline": online}).to_string();
        Device::from_json(&record, region).unwrap()
    }

    #[test]
    fn the_best_record_says_why_and_the_other_tokens_are_kept() {
        let (old, new) = ("a1".repeat(16), "B2".repeat(16));
        let merged = merge(
            vec![
                device(Region::China, &old, false),
                device(Region::Germany, &new, true),
                device(Region::Russia, &new.to_lowercase(), false),
                device(Region::India, "", false),
            ],
            &[],
        );
        assert_eq!(merged.len(), 1);
        let best = &merged[0];
        assert_eq!(
            (best.device.region, best.reason),
            (Region::Germany, Reason::Online)
        );
        assert_eq!(
            best.regions,
            [Region::Germany, Region::China, Region::Russia, Region::India]
        );
        assert_eq!(
            best.alternatives,
            [(Region::China, DeviceToken::parse(&old).unwrap())]
        );
        assert!(best.has_conflict());
    }
}
