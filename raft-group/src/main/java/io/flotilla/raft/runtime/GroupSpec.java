package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;

/**
 * A replica to be opened.
 *
 * @param initial the group's first membership; used only if the log knows nothing of the group
 * @param generation under which the new group's state lies; used only if the log knows nothing
 * @param campaignFirst a new replica campaigns at once, and again until its peers are there: given
 *     to one replica of a new group, so that leaders start where they are wanted
 */
public record GroupSpec(
    GroupId id, ReplicaId self, Membership initial, long generation, boolean campaignFirst) {}
