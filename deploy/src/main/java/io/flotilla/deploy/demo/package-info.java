/**
 * The tour: a whole cluster in one process, on loopback, with real disks; real data written, a node
 * lost as in a crash and brought back meanwhile, a fourth node and twice the shards while it is
 * written again, and every byte read and compared. Ends well only if all of it was right.
 */
@NullMarked
package io.flotilla.deploy.demo;

import org.jspecify.annotations.NullMarked;
