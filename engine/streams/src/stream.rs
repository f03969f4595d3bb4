//! The streams that there are.

/// A stream of records that every partition of the events topic gets. Each has a partition of the journal, and sequences of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stream {
    /// What the shop knows of its products.
    Catalogue,
    /// What is told to everybody.
    Broadcast,
    /// What is to be done with journeys.
    Control,
}

impl Stream {
    /// All of them, by the number of their partition in the journal.
    pub const ALL: [Self; 3] = [Self::Catalogue, Self::Broadcast, Self::Control];

    /// `type` and `stream` of its records, and the key of its marker.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Broadcast => "broadcast",
            Self::Control => "control",
        }
    }

    /// The field of a record that has its content.
    pub const fn content(self) -> &'static str {
        match self {
            Self::Catalogue => "product",
            Self::Broadcast => "broadcast",
            Self::Control => "control",
        }
    }

    /// Its partition of the journal.
    pub const fn partition(self) -> i32 {
        match self {
            Self::Catalogue => 0,
            Self::Broadcast => 1,
            Self::Control => 2,
        }
    }

    /// The stream of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_the_place_in_the_list() {
        for (place, stream) in Stream::ALL.into_iter().enumerate() {
            assert_eq!(stream.partition(), place as i32);
            assert_eq!(Stream::named(stream.name()), Some(stream));
        }
        assert_eq!(Stream::named("weather"), None);
    }
}
