//! Exit codes: a promise to scripts (`docs/exit-codes.md`).

use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and the answer is good.
    Good,
    /// 1: done, and the answer is bad: damage, a difference, broken rows.
    Bad,
    /// 2: not done; nothing was changed.
    NotDone,
    /// 3: partly done: something could not be read.
    Partly,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Bad => 1,
            Self::NotDone => 2,
            Self::Partly => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
