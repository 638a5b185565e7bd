/**
 * Where state machines keep their states: one RocksDB per node without a write-ahead log and with
 * one column family ({@link io.flotilla.raft.state.StateDb}), cut into <em>generations</em> ({@link
 * io.flotilla.raft.state.Generations}), and the images that carry a state to another node. A
 * generation may be shared by several owners, each with keys of his own.
 *
 * <p>A flush keeps a prefix of what was written, so that a crash leaves of each group what its
 * first entries made of it, if each of its rounds is one batch that says how far it goes. Every key
 * begins with a generation. An image is what one owner has at one moment as sorted files; loading
 * it writes its records anew under a fresh generation and takes all of them in by one step that is
 * durable at once. So a state is never half of an image, and never a mixture of two.
 *
 * <p>Promises: an image holds exactly what was committed when it was asked for; what is loaded is
 * complete, in order and accepted record by record by whom it belongs to; an owner's keys are
 * deleted only when he retires, and not from under those who have them in view, or at a start when
 * nobody has them. Leaves to its users what stands behind the generation in a key, which keys count
 * (their logs say so), and the way of the files between nodes. Start at {@link
 * io.flotilla.raft.state.Generations}.
 */
@NullMarked
package io.flotilla.raft.state;

import org.jspecify.annotations.NullMarked;
