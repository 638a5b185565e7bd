package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.store.MapMessages;
import io.flotilla.proto.placement.MembersNews;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * Where the members of placement are, those that were removed as well: as the newest map says that
 * is known here, applied or told of by another member; of whom it says nothing, as is configured.
 * For any thread.
 */
public final class MemberBook {
  private record Told(long revision, SortedMap<Long, Member> members, long leader) {}

  private final long self;
  private final SortedMap<Long, String> configured;
  private final Supplier<ClusterView> map;
  private volatile Told told = new Told(0, new TreeMap<>(), 0);

  /**
   * @param self this member
   * @param configured addresses, by member
   * @param map the newest that was applied here
   */
  public MemberBook(long self, SortedMap<Long, String> configured, Supplier<ClusterView> map) {
    this.self = self;
    this.configured = Collections.unmodifiableSortedMap(new TreeMap<>(configured));
    this.map = map;
  }

  private SortedMap<Long, Member> members() {
    ClusterView view = map.get();
    Told heard = told;
    return heard.revision() > view.revision() ? heard.members() : view.settings().members();
  }

  Optional<String> addressOf(long member) {
    return Optional.ofNullable(members().get(member))
        .map(Member::address)
        .or(() -> Optional.ofNullable(configured.get(member)));
  }

  /** Addresses of all others that are known and were not removed. */
  Set<String> others() {
    SortedMap<Long, Member> members = members();
    Set<Long> ids = new TreeSet<>(configured.keySet());
    ids.addAll(members.keySet());
    ids.remove(self);
    ids.removeIf(id -> members.containsKey(id) && members.get(id).removed());
    Set<String> addresses = new TreeSet<>();
    ids.forEach(id -> addressOf(id).ifPresent(addresses::add));
    return addresses;
  }

  /** Whether the newest map says so of this member. */
  boolean isRemoved() {
    Member known = members().get(self);
    return known != null && known.removed();
  }

  /** Who leads, as another member said last. */
  Optional<Long> toldLeader() {
    return Optional.of(told.leader()).filter(leader -> leader != 0 && leader != self);
  }

  /**
   * What to say to other members.
   *
   * @param leader as far as is known here
   */
  MembersNews news(Optional<Long> leader) {
    ClusterView view = map.get();
    return MembersNews.newBuilder()
        .setRevision(view.revision())
        .addAllMembers(MapMessages.writeMembers(view.settings().members().values()))
        .setLeader(leader.orElse(0L))
        .build();
  }

  /**
   * Takes in what another member says.
   *
   * @throws IllegalArgumentException if it cannot be
   */
  void take(MembersNews news) {
    SortedMap<Long, Member> members = MapMessages.readMembers(news.getMembersList());
    Told before = told;
    // Two of them at once may leave the older: the next round tells the newer again.
    if (news.getRevision() >= before.revision()) {
      told = new Told(news.getRevision(), members, news.getLeader());
    }
  }
}
