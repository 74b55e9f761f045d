//! The complete list of an account's devices: all regions, homes, shared homes and pages.
//!
//! For each region the homes (own and shared) are asked for, each home's devices, and the account's own list, which
//! has devices that are in no home. Where a device is in both, the home's record wins and gets the names of home and
//! room.

use std::collections::{HashMap, HashSet};

use crate::api::{
    Call, DeviceCount, DeviceListPage, DevicePage, Home, HomeDevices, HomePage, HomeRooms, Homes,
};
use crate::device::Device;
use crate::error::ApiError;
use crate::merge::{MergedDevice, merge};
use crate::region::Region;
use crate::session::{CallId, Session, SessionEvent};

/// A list that is being made. Start it, and hand it every event of the session.
///
/// ```
/// # use xiaomi_cloud::{Listing, Region, Session};
/// # fn example(session: &mut Session) {
/// let mut listing = Listing::start(session, &Region::ALL);
/// while let Some(event) = session.poll_event() {
///     listing.handle_event(session, &event);
/// }
/// if let Some(list) = listing.poll_result() {
///     for merged in list.merged(&[Region::Germany]) {
///         println!("{} {:?}", merged.device.did, merged.device.name);
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Listing {
    open: HashMap<CallId, Step>,
    regions: Vec<Part>,
    result: DeviceListing,
    done: bool,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct DeviceListing {
    /// The devices, each once per region.
    pub devices: Vec<Device>,
    /// The homes, own and shared.
    pub homes: Vec<(Region, Home)>,
    /// What didn't work; the rest of the list is there all the same.
    pub failures: Vec<(Region, ApiError)>,
    /// Records that had no id.
    pub skipped: usize,
}

impl DeviceListing {
    /// Each device once, with the token that most probably works.
    #[must_use]
    pub fn merged(self, preferred: &[Region]) -> Vec<MergedDevice> {
        merge(self.devices, preferred)
    }
}

/// A region's part.
#[derive(Debug)]
struct Part {
    region: Region,
    homes: Vec<Home>,
    /// Homes whose devices were asked for.
    asked: HashSet<String>,
    in_homes: Vec<Device>,
    others: Vec<Device>,
    /// Pages that were asked for, so that no circle of cursors goes on forever.
    pages: HashSet<String>,
}

/// What a call was for.
#[derive(Debug)]
enum Step {
    Homes(usize, Homes),
    Rooms(usize, HomeRooms),
    Count(usize),
    Home(usize, HomeDevices),
    Page(usize, DeviceListPage),
}

impl Listing {
    /// Starts a list of some regions.
    #[must_use]
    pub fn start(session: &mut Session, regions: &[Region]) -> Self {
        let mut listing = Self {
            open: HashMap::new(),
            regions: Vec::new(),
            result: DeviceListing::default(),
            done: false,
        };
        for region in regions {
            if listing.regions.iter().any(|part| part.region == *region) {
                continue;
            }
            let index = listing.regions.len();
            listing.regions.push(Part {
                region: *region,
                homes: Vec::new(),
                asked: HashSet::new(),
                in_homes: Vec::new(),
                others: Vec::new(),
                pages: HashSet::new(),
            });
            let homes = Homes {
                user_id: session.credentials().user_id.clone(),
            };
            listing.ask(session, *region, homes, |homes| Step::Homes(index, homes));
            listing.ask(session, *region, DeviceCount, |_| Step::Count(index));
            let page = DeviceListPage {
                region: *region,
                start_did: String::new(),
            };
            listing.ask(session, *region, page, |page| Step::Page(index, page));
        }
        listing
    }

    fn ask<C: Call>(&mut self, session: &mut Session, region: Region, call: C, step: impl FnOnce(C) -> Step) {
        let id = session.call(region, &call);
        self.open.insert(id, step(call));
    }

    /// Looks at an event of the session, and says whether it was for this list.
    pub fn handle_event(&mut self, session: &mut Session, event: &SessionEvent) -> bool {
        let (call, outcome) = match event {
            SessionEvent::Answered { call, answer } => (call, Ok(answer)),
            SessionEvent::Failed { call, error } => (call, Err(error.clone())),
            _ => return false,
        };
        let Some(step) = self.open.remove(call) else {
            return false;
        };
        let index = step.part();
        let outcome = outcome.and_then(|answer| match step {
            Step::Homes(index, call) => {
                let page = call.read(answer)?;
                self.homes(session, index, page);
                Ok(())
            }
            Step::Rooms(index, call) => {
                let page = call.read(answer)?;
                self.homes(session, index, page);
                Ok(())
            }
            Step::Count(index) => {
                let page = DeviceCount.read(answer)?;
                self.homes(session, index, page);
                Ok(())
            }
            Step::Home(index, call) => {
                let page = call.read(answer)?;
                self.home_devices(session, index, call, page);
                Ok(())
            }
            Step::Page(index, call) => {
                let page = call.read(answer)?;
                self.page(session, index, page);
                Ok(())
            }
        });
        if let Err(error) = outcome
            && let Some(part) = self.regions.get(index)
        {
            self.result.failures.push((part.region, error));
        }
        if self.open.is_empty() {
            self.finish();
        }
        true
    }

    /// The whole list, once, when it is complete.
    pub fn poll_result(&mut self) -> Option<DeviceListing> {
        if !self.open.is_empty() || self.done {
            return None;
        }
        self.done = true;
        Some(std::mem::take(&mut self.result))
    }

    fn homes(&mut self, session: &mut Session, index: usize, page: HomePage) {
        let Some(part) = self.regions.get_mut(index) else {
            return;
        };
        let region = part.region;
        let mut calls = Vec::new();
        for home in page.homes {
            if part.asked.insert(home.id.clone()) {
                calls.push(HomeDevices {
                    region,
                    home_id: home.id.clone(),
                    owner: home.owner.clone(),
                    start_did: String::new(),
                });
                part.homes.push(home);
            } else if let Some(known) = part.homes.iter_mut().find(|known| known.id == home.id) {
                complete(known, home);
            }
        }
        let next = page
            .next
            .filter(|next| part.pages.insert(format!("homes {next}")));
        for call in calls {
            self.ask(session, region, call, |call| Step::Home(index, call));
        }
        if let Some(start_id) = next {
            let user_id = session.credentials().user_id.clone();
            let call = HomeRooms { user_id, start_id };
            self.ask(session, region, call, |call| Step::Rooms(index, call));
        }
    }

    fn home_devices(&mut self, session: &mut Session, index: usize, call: HomeDevices, page: DevicePage) {
        let Some(part) = self.regions.get_mut(index) else {
            return;
        };
        let region = part.region;
        part.in_homes.extend(page.devices);
        self.result.skipped += page.skipped;
        let key = |next: &String| format!("home {} {next}", call.home_id);
        if let Some(start_did) = page.next.filter(|next| part.pages.insert(key(next))) {
            let call = HomeDevices { start_did, ..call };
            self.ask(session, region, call, |call| Step::Home(index, call));
        }
    }

    fn page(&mut self, session: &mut Session, index: usize, page: DevicePage) {
        let Some(part) = self.regions.get_mut(index) else {
            return;
        };
        let region = part.region;
        part.others.extend(page.devices);
        self.result.skipped += page.skipped;
        if let Some(start_did) = page.next.filter(|next| part.pages.insert(format!("list {next}"))) {
            let call = DeviceListPage { region, start_did };
            self.ask(session, region, call, |call| Step::Page(index, call));
        }
    }

    fn finish(&mut self) {
        for part in std::mem::take(&mut self.regions) {
            let mut places: HashMap<&str, (&Home, Option<&str>)> = HashMap::new();
            for home in &part.homes {
                for did in &home.dids {
                    places.insert(did, (home, None));
                }
                for room in &home.rooms {
                    for did in &room.dids {
                        places.insert(did, (home, room.name.as_deref()));
                    }
                }
            }
            let mut seen = HashSet::new();
            for mut device in part.in_homes.into_iter().chain(part.others) {
                if !seen.insert(device.did.clone()) {
                    continue;
                }
                if let Some((home, room)) = places.get(device.did.as_str()) {
                    device.home.clone_from(&home.name);
                    device.room = room.map(Into::into);
                }
                self.result.devices.push(device);
            }
            let region = part.region;
            self.result
                .homes
                .extend(part.homes.into_iter().map(|home| (region, home)));
        }
    }
}

impl Step {
    const fn part(&self) -> usize {
        match self {
            Self::Homes(index, _)
            | Self::Rooms(index, _)
            | Self::Count(index)
            | Self::Home(index, _)
            | Self::Page(index, _) => *index,
        }
    }
}

/// Adds what a further page knows about a home.
fn complete(known: &mut Home, more: Home) {
    if known.name.is_none() {
        known.name = more.name;
    }
    known.dids.extend(more.dids);
    for room in more.rooms {
        match known.rooms.iter_mut().find(|known| known.id == room.id) {
            Some(known) => known.dids.extend(room.dids),
            None => known.rooms.push(room),
        }
    }
}
