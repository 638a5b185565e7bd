/**
 * What clients asked and were told, and whether one register per key, doing one thing at a time,
 * could have told them that: linearizability (Herlihy and Wing 1990), decided by the search of Wing
 * and Gong with the memory of configurations that Lowe added (2017). Exactly-once needs no check of
 * its own: an increment or append done twice, or lost, is an answer that no order explains.
 *
 * <p>Knows the JDK only, so that simulated clusters and real processes are judged alike. Start at
 * {@code History}, which records; {@code Linearizability} decides; {@code Verdict} is what comes
 * out.
 */
@NullMarked
package io.flotilla.raft.history;

import org.jspecify.annotations.NullMarked;
