//! Owns [`Steps`]: the budget of work that bounds every expansion.

/// What is left of an expansion's budget.
#[derive(Debug)]
pub(super) struct Steps {
    left: u32,
    undone: bool,
}

impl Steps {
    pub(super) const fn new(budget: u32) -> Self {
        Self { left: budget, undone: false }
    }

    /// Pays for one piece of work; `false` says that the budget is spent and the work must not be done.
    pub(super) const fn take(&mut self) -> bool {
        self.take_many(1)
    }

    /// Pays for work that is worth several steps.
    pub(super) const fn take_many(&mut self, steps: u32) -> bool {
        if self.left < steps {
            self.end();
            return false;
        }
        self.left -= steps;
        true
    }

    /// Ends the work: something else than steps ran out.
    pub(super) const fn end(&mut self) {
        self.left = 0;
        self.undone = true;
    }

    /// Takes note of work that is left out, and goes on.
    pub(super) const fn leave_out(&mut self) {
        self.undone = true;
    }

    /// Whether nothing is left to pay with, and something was wanted.
    pub(super) const fn are_spent(&self) -> bool {
        self.left == 0 && self.undone
    }

    /// Whether work was left undone.
    pub(super) const fn left_work_undone(&self) -> bool {
        self.undone
    }
}
