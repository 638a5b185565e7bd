package io.flotilla.placement.plan;

/** Sees one kind of thing that should be otherwise, and plans jobs that make it so. */
interface Scheduler {
  void plan(Draft draft);
}
