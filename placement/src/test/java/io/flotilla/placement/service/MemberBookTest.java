package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.FreshIds;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Settings;
import io.flotilla.proto.placement.MembersNews;
import io.flotilla.proto.placement.PlacementMember;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What member 3, configured with 1 to 3, believes of where the others are. */
final class MemberBookTest {
  private ClusterView map = view(0, Settings.INITIAL);
  private final MemberBook book =
      new MemberBook(3, new TreeMap<>(Map.of(1L, "a:1", 2L, "b:1", 3L, "c:1")), () -> map);

  @Test
  void beginsWithWhatIsConfigured() {
    assertThat(book.addressOf(1)).contains("a:1");
    assertThat(book.addressOf(4)).isEmpty();
    assertThat(book.others()).containsExactly("a:1", "b:1");
    assertThat(book.toldLeader()).isEmpty();
  }

  @Test
  void theNewestMapCounts() {
    book.take(news(20, 4, member(1, "a:1", true), member(4, "d:1", false)));
    assertThat(book.addressOf(4)).contains("d:1");
    assertThat(book.others()).as("2 is configured, 1 was removed").containsExactly("b:1", "d:1");
    assertThat(book.addressOf(1)).as("to tell it so").contains("a:1");
    assertThat(book.toldLeader()).contains(4L);
    book.take(news(19, 2, member(4, "x:1", false)));
    assertThat(book.addressOf(4)).as("what is older counts no more").contains("d:1");
    map = view(21, Settings.INITIAL.withMember(new Member(4, "e:1", false)));
    assertThat(book.addressOf(4)).as("what was applied here is newer").contains("e:1");
    assertThat(book.news(Optional.empty()).getRevision()).isEqualTo(21);
  }

  @Test
  void hearsThatItWasRemovedItself() {
    assertThat(book.isRemoved()).isFalse();
    book.take(news(5, 3, member(3, "c:1", true)));
    assertThat(book.isRemoved()).isTrue();
    assertThat(book.toldLeader()).as("it does not lead, whoever says so").isEmpty();
    assertThatThrownBy(() -> book.take(news(9, 1, member(0, "", false))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static ClusterView view(long revision, Settings settings) {
    return new ClusterView(
            "c",
            revision,
            0,
            FreshIds.FIRST,
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>(),
            new TreeMap<>())
        .withSettings(settings);
  }

  private static MembersNews news(long revision, long leader, PlacementMember... members) {
    MembersNews.Builder news = MembersNews.newBuilder().setRevision(revision).setLeader(leader);
    for (PlacementMember member : members) {
      news.addMembers(member);
    }
    return news.build();
  }

  private static PlacementMember member(long id, String address, boolean removed) {
    return PlacementMember.newBuilder().setId(id).setAddress(address).setRemoved(removed).build();
  }
}
