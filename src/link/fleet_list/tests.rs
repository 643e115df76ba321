use proptest::prelude::*;

use super::*;
use crate::{
    domain::{at_epoch, decision::Mode},
    link::{Badge, Level},
};
