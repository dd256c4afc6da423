//! Owns [`Steps`]: the budget of work that bounds every expansion.

/// What is left of an expansion's budget.
#[derive(Debug)]
pub(super) struct Steps {
    left: u32,
    out: bool,
}

impl Steps {
    pub(super) const fn new(budget: u32) -> Self {
        Self { left: budget, out: false }
    }

    /// Pays for one piece of work; `false` says that the budget is spent and the work must not be done.
    pub(super) const fn take(&mut self) -> bool {
        if self.left == 0 {
            self.out = true;
        } else {
            self.left -= 1;
        }
        !self.out
    }

    /// Ends the work: something else than steps ran out.
    pub(super) const fn end(&mut self) {
        self.left = 0;
        self.out = true;
    }

    /// Whether work was left undone.
    pub(super) const fn ran_out(&self) -> bool {
        self.out
    }
}
