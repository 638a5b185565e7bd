package io.flotilla.shard.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flotilla.proto.map.Epoch;
import io.flotilla.proto.map.Shard;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a shard is no more, by what the map says. */
class OwnersTest {
  /** As it was frozen. */
  private static final Shard SOURCE = shard(7, "g", "p", 5);

  private final Owners owners = new Owners();

  private static Shard shard(long id, String start, String end, long version) {
    return Shard.newBuilder()
        .setId(id)
        .setStart(ByteString.copyFromUtf8(start))
        .setEnd(ByteString.copyFromUtf8(end))
        .setEpoch(Epoch.newBuilder().setVersion(version).setConfVersion(1))
        .build();
  }

  private void complete(Shard... shards) {
    owners.take(true, List.of(shards), List.of());
  }

  @Test
  void whoIsOnTheMapIsThereWhateverElseIs() {
    complete(SOURCE, shard(8, "a", "p", 6));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    assertThat(owners.arePast(SOURCE)).isFalse();
  }

  @Test
  void whoWasAbsorbedIsNoMore() {
    complete(SOURCE, shard(8, "a", "g", 4));
    owners.take(false, List.of(shard(8, "a", "p", 6)), List.of(7L));
    assertThat(owners.haveReplaced(SOURCE)).isTrue();
  }

  @Test
  void whereverItsKeysHaveGoneSince() {
    complete(shard(8, "a", "h", 8), shard(9, "h", "k", 8), shard(10, "k", "", 11));
    assertThat(owners.haveReplaced(SOURCE)).isTrue();
  }

  /** A key that nobody has, or somebody by no later version, may still be this one's. */
  @Test
  void allOfItsKeysMustHaveGone() {
    complete(shard(8, "a", "o", 6), shard(9, "p", "", 6));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    complete(shard(8, "h", "", 6));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    complete(shard(8, "a", "h", 6), shard(9, "i", "", 6));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    complete(shard(8, "a", "h", 6), shard(9, "h", "", 5));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    complete();
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
  }

  /** The parent, as it was before this one was cut off from it. */
  @Test
  void aMapOfBeforeItBeganSaysNothing() {
    complete(shard(8, "a", "", 4));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
  }

  @Test
  void theLastShardHasNoEnd() {
    Shard last = shard(7, "g", "", 5);
    complete(shard(8, "a", "z", 6));
    assertThat(owners.haveReplaced(last)).isFalse();
    complete(shard(8, "a", "", 6));
    assertThat(owners.haveReplaced(last)).isTrue();
  }

  @Test
  void aLaterVersionOnTheMapHasThawed() {
    complete(shard(7, "g", "p", 6));
    assertThat(owners.arePast(SOURCE)).isTrue();
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    complete();
    assertThat(owners.arePast(SOURCE)).isFalse();
  }

  @Test
  void aChangeLeavesTheRestAsItIs() {
    complete(SOURCE, shard(8, "a", "g", 6), shard(9, "g", "", 6));
    owners.take(false, List.of(), List.of(3L));
    assertThat(owners.haveReplaced(SOURCE)).isFalse();
    owners.take(false, List.of(), List.of(7L));
    assertThat(owners.haveReplaced(SOURCE)).isTrue();
  }
}
