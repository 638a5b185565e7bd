/**
 * The Raft algorithm as a function of its inputs: {@code RaftCore.step} takes what happened, {@code
 * RaftCore.drain} says what to do about it. No clock, thread, socket, disk or logger: a tick is an
 * input. Promises: at most one leader per term; committed entries stay. Leaves durability and time
 * to {@code raft.runtime}.
 */
@NullMarked
package io.flotilla.raft.core;

import org.jspecify.annotations.NullMarked;
