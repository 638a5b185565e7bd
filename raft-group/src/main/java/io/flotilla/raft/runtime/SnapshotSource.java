package io.flotilla.raft.runtime;

import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.port.StateImage;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Takes images of groups for those who lag behind. Implemented by whoever hosts the groups. */
public interface SnapshotSource {
  /**
   * Takes an image of a group as soon as its apply thread is between two rounds, and learns from
   * its loop where in the log that is. Called by the thread that serves snapshots; must not block.
   * Any replica will do, leader or not.
   *
   * <p>The stage completes by any thread, soon (an image is cheap; writing it out is done
   * elsewhere), and always: also when the group is closed or removed meanwhile. It is empty if the
   * group is not hosted here, or no longer; it fails if there is no image for another reason, of
   * which the log tells and the asker learns only that. An image that it completes with belongs to
   * who asked, who closes it.
   */
  CompletionStage<Optional<Image>> imageOf(GroupId group);

  /**
   * A state and what Raft has to know of it.
   *
   * @param term of the replica that it was taken of, when that said what {@code last} is
   * @param last the entry at {@link StateImage#applied()}
   * @param membership as of {@code last}, which is not always the one in force when it is taken
   */
  record Image(StateImage state, long term, Position last, Membership membership) {
    public Image {
      if (state.applied() != last.index()) {
        throw new IllegalArgumentException(
            "an image of index " + state.applied() + " labelled " + last);
      }
    }
  }
}
