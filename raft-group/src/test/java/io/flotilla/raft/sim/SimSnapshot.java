package io.flotilla.raft.sim;

import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;

/**
 * A replica's state as another one fetches it.
 *
 * @param term of the replica that took it, at that moment
 */
record SimSnapshot(long term, Position last, Membership membership, SimState state) {}
