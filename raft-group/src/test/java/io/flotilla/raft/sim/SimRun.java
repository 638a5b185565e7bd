package io.flotilla.raft.sim;

/** A run that can be had again. */
public interface SimRun {
  /**
   * @throws AssertionError if a property is broken, or anything else that the product throws
   */
  Simulation.Outcome run();

  /** The same run, not yet begun, with a trace that can be read. */
  SimRun readable();

  Trace trace();
}
