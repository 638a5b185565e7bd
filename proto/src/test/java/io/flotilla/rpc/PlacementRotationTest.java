package io.flotilla.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.proto.errors.ErrorDetail;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlacementRotationTest {
  private static final RpcException UNAVAILABLE =
      new RpcException(ErrorCode.UNAVAILABLE, "nobody there");

  private final PlacementRotation rotation =
      new PlacementRotation(new PlacementEndpoints(List.of("a:1", "b:1", "c:1")), "a:1");

  private static RpcException notLeader(String leader) {
    return new RpcException(
        ErrorDetail.newBuilder()
            .setCode(ErrorCode.NOT_LEADER.number())
            .setLeaderAddress(leader)
            .build());
  }

  @Test
  void whoeverIsNamedIsAskedAndElseTheNext() {
    assertThat(rotation.following("a:1", notLeader("c:1"))).isEqualTo("c:1");
    assertThat(rotation.following("c:1", notLeader(""))).isEqualTo("b:1");
    assertThat(rotation.following("b:1", UNAVAILABLE)).isEqualTo("c:1");
    assertThat(rotation.following("c:1", notLeader("c:1"))).as("names itself").isEqualTo("a:1");
  }

  /** Whether the one that is named is among those that are known or not. */
  @Test
  void allAreAskedThoughAllNameOneThatCannotBeReached() {
    for (String gone : List.of("b:1", "elsewhere:1")) {
      Set<String> asked = new HashSet<>();
      String member = "a:1";
      for (int i = 0; i < 6; i++) {
        asked.add(member);
        member = rotation.following(member, member.equals(gone) ? UNAVAILABLE : notLeader(gone));
      }
      assertThat(asked).contains("a:1", "b:1", "c:1");
    }
  }
}
