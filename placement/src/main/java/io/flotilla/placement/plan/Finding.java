package io.flotilla.placement.plan;

/**
 * Something that a rule or a scheduler saw, in words.
 *
 * @param rule its name
 * @param shard 0 if it is about none in particular
 * @param node 0 if it is about none in particular
 */
public record Finding(String rule, long shard, long node, String text) {}
