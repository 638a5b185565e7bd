package io.flotilla.placement.plan;

import java.util.List;
import java.util.Optional;

/** Which node may get a replica of a shard. The subject of each sentence is the node. */
enum TargetRule implements Rule<TargetRule.Subject> {
  HOLDS_NONE_YET {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.piece.isOn(of.target.id())
          ? Optional.of("holds a replica of shard " + of.piece.id() + " already")
          : Optional.empty();
    }
  },
  IS_HEARD {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.target.health.isAlive() ? Optional.empty() : Optional.of("is silent");
    }
  },
  IS_NOT_DRAINING {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.target.node.isDraining() ? Optional.of("is draining") : Optional.empty();
    }
  },
  IS_STEADY {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.target.isSteady()
          ? Optional.empty()
          : Optional.of("is back, or new, since too short a time");
    }
  },
  SPREAD_IS_NO_WORSE {
    @Override
    public Optional<String> forbids(Subject of) {
      Crowding there = of.draft.crowding(of.piece, of.leaving, of.target.place);
      return of.draft
          .seat(of.leaving)
          .map(from -> of.draft.crowding(of.piece, of.leaving, from.place))
          .filter(there::isWorseThan)
          .map(
              here ->
                  String.format(
                      "is in %s, where shard %d has a replica already",
                      there.blamed(of.target.place, here), of.piece.id()));
    }
  },
  NOT_IN_VAIN {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.draft.load().inVain().contains(of.target.id())
          ? Optional.of("got nothing of a replica that was to go there a while ago")
          : Optional.empty();
    }
  },
  HAS_TIME {
    @Override
    public Optional<String> forbids(Subject of) {
      return of.target.movesIn < of.draft.policy().movesInMax()
          ? Optional.empty()
          : Optional.of("has to wait: it gets " + of.target.movesIn + " replicas already");
    }
  };

  /**
   * A node that might get a replica.
   *
   * @param leaving node that would lose one for it
   */
  record Subject(Draft draft, Piece piece, long leaving, Seat target) {}

  /** What no move may break. */
  static final List<TargetRule> ALWAYS = List.of(HOLDS_NONE_YET, IS_HEARD, IS_NOT_DRAINING);

  /** What a move that would have to wait for time only does not break. */
  static final List<TargetRule> TO_ALIGN =
      List.of(HOLDS_NONE_YET, IS_HEARD, IS_NOT_DRAINING, SPREAD_IS_NO_WORSE);

  /** What somebody has to wait for who has to leave. */
  static final List<TargetRule> TO_GO_NOW = List.of(NOT_IN_VAIN, HAS_TIME);

  /** What would keep another replica from coming where one is lost, once that is left out. */
  static final List<TargetRule> TO_COME_AGAIN = List.of(IS_HEARD, IS_NOT_DRAINING, NOT_IN_VAIN);

  /** What no move that is only for evenness may break. */
  static final List<TargetRule> TO_BALANCE =
      List.of(
          HOLDS_NONE_YET,
          IS_HEARD,
          IS_NOT_DRAINING,
          IS_STEADY,
          NOT_IN_VAIN,
          SPREAD_IS_NO_WORSE,
          HAS_TIME);
}
