package io.flotilla.placement.model;

/**
 * A job that is over, remembered for a while so that who asks after it is told what became of it.
 *
 * @param revision of the map that ended it: they are forgotten in this order
 */
public record EndedJob(Job job, Ending ending, long revision) {}
