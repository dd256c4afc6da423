//! [`Steps`]: the work budget that bounds every expansion.

/// What is left of an expansion's budget.
#[derive(Debug)]
pub(super) struct Steps {
    left: u32,
    taken: u32,
    undone: bool,
    full: bool,
}

impl Steps {
    pub(super) const fn new(budget: u32) -> Self {
        Self { left: budget, taken: 0, undone: false, full: false }
    }

    /// Pays for one piece of work; `false` says that the budget is spent and the work must not be done.
    pub(super) const fn take(&mut self) -> bool {
        self.take_many(1)
    }

    /// Pays for work that is worth several steps.
    pub(super) const fn take_many(&mut self, steps: u32) -> bool {
        if self.left < steps {
            self.left = 0;
            self.undone = true;
            return false;
        }
        self.left -= steps;
        self.taken += steps;
        true
    }

    /// Ends the work: there is no room for what it finds.
    pub(super) const fn end(&mut self) {
        self.left = 0;
        self.undone = true;
        self.full = true;
    }

    /// Takes note of work that is left out, and goes on.
    pub(super) const fn leave_out(&mut self) {
        self.undone = true;
    }

    /// Whether nothing is left to pay with, and something was wanted.
    pub(super) const fn are_spent(&self) -> bool {
        self.left == 0 && self.undone
    }

    /// Whether work ended for want of room.
    pub(super) const fn found_no_room(&self) -> bool {
        self.full
    }

    /// How many steps were taken.
    pub(super) const fn taken(&self) -> u32 {
        self.taken
    }

    /// Whether work was left undone.
    pub(super) const fn left_work_undone(&self) -> bool {
        self.undone
    }
}
