/**
 * Many groups on few threads: loops that own their groups' Raft state, apply threads, the cache of
 * recent entries. One turn of a loop takes what came in, steps the touched groups, stages their log
 * records in one batch, sends what may leave before the sync, and later what had to wait. No
 * thread, timer or lock per group.
 */
@NullMarked
package io.flotilla.raft.runtime;

import org.jspecify.annotations.NullMarked;
