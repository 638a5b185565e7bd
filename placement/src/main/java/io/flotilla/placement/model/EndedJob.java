package io.flotilla.placement.model;

/**
 * A job that is over, remembered for a while so that who asks after it is told what became of it.
 */
public record EndedJob(Job job, Ending ending) {}
