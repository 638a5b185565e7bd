package io.flotilla.placement.store;

import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Settings;
import io.flotilla.proto.placement.ChangeMember;
import java.util.Optional;

/**
 * Why placement's own members cannot be changed in this way. Part of what commands mean: not to be
 * changed without a new kind of command.
 */
public record MemberFit(Outcome outcome, String why) {
  private static final int MEMBERS_MAX = 9;

  /** Nothing if it can be changed so. */
  public static Optional<MemberFit> misfit(Settings settings, ChangeMember change) {
    long id = change.getMember();
    return switch (change.getChange()) {
      case ADD -> misfitOfNew(settings, id, change.getAddress());
      case REMOVE -> misfitOfOld(settings, id);
      case UNKNOWN, UNRECOGNIZED -> misfit(Outcome.INVALID, "unknown change of a member");
    };
  }

  /** What a change that fits makes of the settings; of those that it has made, the same. */
  public static Settings after(Settings settings, ChangeMember change) {
    long id = change.getMember();
    return change.getChange() == ChangeMember.Change.REMOVE
        ? settings.withoutMember(id)
        : settings.withMember(new Member(id, change.getAddress(), false));
  }

  private static Optional<MemberFit> misfitOfNew(Settings settings, long id, String address) {
    if (settings.members().containsKey(id)) {
      return misfit(Outcome.STALE, "member " + id + " is there already, or was");
    }
    if (settings.lastingMembers().size() >= MEMBERS_MAX) {
      return misfit(
          Outcome.CONFLICT, "placement has " + MEMBERS_MAX + " members, its bound; remove one");
    }
    return settings.lastingMembers().stream()
        .filter(member -> member.address().equals(address))
        .findFirst()
        .map(at -> new MemberFit(Outcome.CONFLICT, address + " is member " + at.id() + " already"));
  }

  private static Optional<MemberFit> misfitOfOld(Settings settings, long id) {
    Optional<Member> member = settings.member(id);
    if (member.isEmpty()) {
      return misfit(Outcome.NOT_FOUND, "placement has no member " + id);
    }
    if (member.get().removed()) {
      return misfit(Outcome.NOT_FOUND, "member " + id + " was removed already");
    }
    return settings.lastingMembers().size() > 1
        ? Optional.empty()
        : misfit(Outcome.CONFLICT, "member " + id + " is the only one of placement");
  }

  private static Optional<MemberFit> misfit(Outcome outcome, String why) {
    return Optional.of(new MemberFit(outcome, why));
  }
}
