//! Playing the steps that make indices and documents.

use serde_json::Value;

use super::{
    stage::{Stage, refusal},
    step::Step,
};
use crate::{
    Result,
    dialect::{IndexPlan, Operation, Request},
    documents,
    http::{Body, Method, segment},
};

impl Stage<'_> {
    /// Plays one step.
    pub(super) fn play(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Ask(request) => self.send(&request)?.success().map(drop),
            Step::Try(request) => self.attempt(&request),
            Step::Create(plan) => self.create(&plan),
            Step::Write { index, operations } => self.write(&index, &operations),
            Step::Merge { index } => self.merge(&index),
            Step::Close { index } => self.close(&index),
            Step::Drop { index } => self.http().delete(&format!("/{}", segment(&index))).map(drop),
            Step::Settle => self.settle(None),
            Step::Snapshot(plan) => self.take(&plan),
            Step::Clone { from, to, indices } => self.clone_snapshot(&from, &to, indices),
            Step::Delete { snapshot } => self.delete(snapshot),
            Step::Cleanup => self.clean_up(),
            Step::List => self.list(),
        }
    }

    fn attempt(&mut self, request: &Request) -> Result<()> {
        let answer = self.send(request)?;
        if !answer.is_success() {
            self.note(&format!("{} was refused: {}", answer.request, refusal(&answer)));
        }
        Ok(())
    }

    fn create(&mut self, plan: &IndexPlan) -> Result<()> {
        self.send(&self.dialect.create_index(plan))?.success()?;
        if plan.is_allocated {
            return self.settle(Some(&plan.name));
        }
        self.nowhere.insert(plan.name.clone());
        Ok(())
    }

    /// Waits until the primaries of an index, or of all, have a node.
    fn settle(&self, index: Option<&str>) -> Result<()> {
        let index = index.map(|index| format!("/{}", segment(index))).unwrap_or_default();
        let path = format!("/_cluster/health{index}?wait_for_status=yellow&timeout=120s");
        let answer = self.get(&path)?;
        let has_settled = answer.is_success() && answer.json()?["timed_out"] == Value::Bool(false);
        if has_settled { Ok(()) } else { Err(self.unexpected(&answer, "shards have no node")) }
    }

    fn write(&mut self, index: &str, operations: &[Operation]) -> Result<()> {
        let answer = self.http().send(Method::Post, "/_bulk", Body::Lines(&self.dialect.bulk(index, operations)))?;
        let answer = answer.success()?;
        if answer.json()?["errors"] != Value::Bool(false) {
            return Err(self.unexpected(&answer, "some documents were not written"));
        }
        self.flush(index)
    }

    fn flush(&self, index: &str) -> Result<()> {
        for request in self.dialect.flush(index) {
            self.send(&request)?.success()?;
        }
        Ok(())
    }

    fn merge(&mut self, index: &str) -> Result<()> {
        self.send(&self.dialect.merge(index))?.success()?;
        self.flush(index)
    }

    fn close(&mut self, index: &str) -> Result<()> {
        let documents = documents::dump(self.http(), self.node.release(), index)?;
        self.http().post(&format!("/{}/_close", segment(index)), Body::Empty)?;
        self.frozen.insert(index.to_owned(), documents);
        Ok(())
    }
}
