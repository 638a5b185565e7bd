/**
 * The tour: a whole cluster in one process, on loopback, with real disks; real data written, a node
 * lost as in a crash and brought back meanwhile, and every byte read again and compared. Ends well
 * only if all of it was right.
 */
@NullMarked
package io.flotilla.deploy.demo;

import org.jspecify.annotations.NullMarked;
