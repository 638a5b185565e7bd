package io.flotilla.placement.plan;

import java.util.Optional;

/** When nothing at all is begun. */
enum ClusterRule implements Rule<Draft> {
  /** What nobody has said yet cannot be told from silence. */
  SETTLED {
    @Override
    public Optional<String> forbids(Draft draft) {
      return draft.load().settled()
          ? Optional.empty()
          : Optional.of(
              "placement has a new leader, which waits until every node has had time to report");
    }
  },
  /** Then rather this member of placement is deaf than so many nodes dead. */
  MAJORITY_HEARD {
    @Override
    public Optional<String> forbids(Draft draft) {
      long silent = draft.load().silentIn(draft.view());
      int all = draft.view().nodes().size();
      return silent * 2 < all || silent == 0
          ? Optional.empty()
          : Optional.of(
              String.format(
                  "%d of %d nodes are silent; with so many, it may be placement that cannot hear"
                      + " them, so nothing is changed; start them again, remove those that are"
                      + " empty and gone for good, or add nodes",
                  silent, all));
    }
  }
}
