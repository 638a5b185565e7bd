package io.flotilla.placement.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.ChangeMembersRequest;
import io.flotilla.proto.placement.GetMapRequest;
import io.flotilla.proto.placement.MapUpdate;
import io.flotilla.proto.placement.MemberStatus;
import io.flotilla.proto.placement.PlacementMember;
import io.flotilla.proto.placement.RegisterNodeRequest;
import io.flotilla.proto.placement.StatusRequest;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcException;
import io.flotilla.rpc.RpcMethods;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Placement's own group grows and shrinks. */
@Timeout(120)
final class MembersChangeTest {
  private static final PlacementPolicy POLICY = new PlacementPolicy(1, 2, 60_000);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path root;

  @Test
  void growsAndLetsItsLeaderGo() throws Exception {
    try (Members members = new Members(root, 3, POLICY)) {
      members.startAll();
      register(members, "a");
      awaitVoters(members, 1, 2, 3);
      AdminReply added = add(members, 4);
      assertThat(added.getNotes(1)).contains("--set placement.member-id=4", "1=127.0.0.1:");
      assertThat(added.getNotes(2))
          .startsWith("4 members bear the loss of 1, no more than 3 would");
      await().atMost(PATIENCE).until(() -> status(members, 4).getLearner());
      members.join(4);
      awaitVoters(members, 1, 2, 3, 4);

      long leader = members.awaitLeader();
      change(members, ChangeMembersRequest.newBuilder().setRemove(leader));
      List<Long> rest = List.of(1L, 2L, 3L, 4L).stream().filter(id -> id != leader).toList();
      awaitVoters(members, rest);
      assertThat(members.awaitLeader()).isNotEqualTo(leader);
      assertSendsToTheLeader(members, leader);
      members.stop(leader);
      register(members, "b");
      assertThat(map(members).getMembersList())
          .filteredOn(PlacementMember::getRemoved)
          .extracting(PlacementMember::getId)
          .containsExactly(leader);
      assertThatThrownBy(() -> change(members, ChangeMembersRequest.newBuilder().setRemove(leader)))
          .satisfies(e -> assertThat(((RpcException) e).code()).isEqualTo(ErrorCode.NOT_FOUND));
      assertThat(members.broken).isEmpty();
    }
  }

  /** All that it was configured with have gone while it was away, but one that leads no more. */
  @Test
  void whoWasAwayFindsThoseThatCameMeanwhile() throws Exception {
    try (Members members = new Members(root, 3, POLICY)) {
      members.startAll();
      awaitVoters(members, 1, 2, 3);
      members.kill(3);
      add(members, 4);
      members.join(4);
      awaitVoters(members, 1, 2, 3, 4);
      change(members, ChangeMembersRequest.newBuilder().setTransfer(4));
      await().atMost(PATIENCE).until(() -> members.awaitLeader() == 4);
      change(members, ChangeMembersRequest.newBuilder().setRemove(1));
      awaitVoters(members, 2, 3, 4);
      members.stop(1);
      register(members, "a");
      members.start(3);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                MemberStatus back = status(members, 3);
                assertThat(back.getHeard()).isTrue();
                assertThat(back.getApplied()).isEqualTo(status(members, 4).getApplied());
              });
      assertThat(members.broken).isEmpty();
    }
  }

  @Test
  void whatWouldLoseTheQuorumIsRefused() throws Exception {
    try (Members members = new Members(root, 3, POLICY)) {
      members.startAll();
      awaitVoters(members, 1, 2, 3);
      long leader = members.awaitLeader();
      List<Long> others = List.of(1L, 2L, 3L).stream().filter(id -> id != leader).toList();
      members.kill(others.get(0));
      await().atMost(PATIENCE).until(() -> !status(members, others.get(0)).getHeard());
      assertConflict(
          members, ChangeMembersRequest.newBuilder().setRemove(others.get(1)), "no majority is");
      assertConflict(
          members, ChangeMembersRequest.newBuilder().setTransfer(others.get(0)), "is not heard");
      change(members, ChangeMembersRequest.newBuilder().setRemove(others.get(0)));
      awaitVoters(members, leader, others.get(1));
      change(members, ChangeMembersRequest.newBuilder().setRemove(leader));
      awaitVoters(members, List.of(others.get(1)));
      assertConflict(
          members, ChangeMembersRequest.newBuilder().setRemove(others.get(1)), "is the only one");
      assertThatThrownBy(() -> change(members, ChangeMembersRequest.newBuilder().setAdd("nowhere")))
          .hasMessageContaining("allowed: host:port");
      register(members, "a");
    }
  }

  @Test
  void whatIsOnlyToldIsRefusedAsItWouldBe() throws Exception {
    try (Members members = new Members(root, 1, POLICY)) {
      members.startAll();
      awaitVoters(members, 1);
      ChangeMembersRequest.Builder twice =
          ChangeMembersRequest.newBuilder().setAdd(members.addresses.get(1L));
      ChangeMembersRequest.Builder unknown = ChangeMembersRequest.newBuilder().setRemove(9);
      ChangeMembersRequest.Builder nowhere = ChangeMembersRequest.newBuilder().setAdd("foo");
      for (boolean dryRun : new boolean[] {true, false}) {
        assertRefused(members, nowhere, dryRun, ErrorCode.INVALID_REQUEST, "allowed: host:port");
        assertRefused(members, twice, dryRun, ErrorCode.CONFLICT, "is member 1 already");
        assertRefused(members, unknown, dryRun, ErrorCode.NOT_FOUND, "has no member 9");
      }
      AdminRequest.Builder add =
          AdminRequest.newBuilder()
              .setDryRun(true)
              .setMembers(ChangeMembersRequest.newBuilder().setAdd("127.0.0.1:9"));
      assertThat(members.call(RpcMethods.ADMINISTER, add.build()).getNotesList())
          .anyMatch(note -> note.contains("2=127.0.0.1:9"));
      assertThat(members(members)).as("none was added").hasSize(1);
    }
  }

  private static void assertRefused(
      Members members,
      ChangeMembersRequest.Builder change,
      boolean dryRun,
      ErrorCode code,
      String why) {
    AdminRequest wish = AdminRequest.newBuilder().setDryRun(dryRun).setMembers(change).build();
    assertThatThrownBy(() -> members.call(RpcMethods.ADMINISTER, wish))
        .hasMessageContaining(why)
        .satisfies(e -> assertThat(((RpcException) e).code()).isEqualTo(code));
  }

  private static AdminReply add(Members members, long id) throws IOException {
    return change(members, ChangeMembersRequest.newBuilder().setAdd(members.allot(id)));
  }

  private static AdminReply change(Members members, ChangeMembersRequest.Builder change) {
    return members.call(
        RpcMethods.ADMINISTER, AdminRequest.newBuilder().setMembers(change).build());
  }

  private static void assertConflict(
      Members members, ChangeMembersRequest.Builder change, String why) {
    assertThatThrownBy(() -> change(members, change))
        .hasMessageContaining(why)
        .satisfies(e -> assertThat(((RpcException) e).code()).isEqualTo(ErrorCode.CONFLICT));
  }

  /** Also who was removed knows where to go, as long as it runs. */
  private static void assertSendsToTheLeader(Members members, long removed) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThatThrownBy(
                        () ->
                            members
                                .client
                                .call(
                                    members.addresses.get(removed),
                                    RpcMethods.GET_MAP,
                                    GetMapRequest.getDefaultInstance(),
                                    Duration.ofSeconds(5))
                                .join())
                    .cause()
                    .satisfies(
                        e ->
                            assertThat(((RpcException) e).detail().getLeaderNode())
                                .isEqualTo(members.awaitLeader())));
  }

  private static void awaitVoters(Members members, long... ids) {
    awaitVoters(members, java.util.Arrays.stream(ids).boxed().toList());
  }

  private static void awaitVoters(Members members, List<Long> ids) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(members(members))
                    .filteredOn(member -> !member.getLearner())
                    .extracting(MemberStatus::getId)
                    .containsExactlyElementsOf(ids)
                    .hasSameSizeAs(
                        map(members).getMembersList().stream()
                            .filter(member -> !member.getRemoved())
                            .toList()));
  }

  private static List<MemberStatus> members(Members members) {
    return members.call(RpcMethods.STATUS, StatusRequest.getDefaultInstance()).getMembersList();
  }

  private static MemberStatus status(Members members, long id) {
    return members(members).stream()
        .filter(member -> member.getId() == id)
        .findFirst()
        .orElse(MemberStatus.getDefaultInstance());
  }

  private static MapUpdate map(Members members) {
    return members.call(RpcMethods.GET_MAP, GetMapRequest.getDefaultInstance());
  }

  private static void register(Members members, String name) {
    members.call(
        RpcMethods.REGISTER_NODE,
        RegisterNodeRequest.newBuilder()
            .setIncarnation("dir-" + name)
            .setAddress("node-" + name + ":7410")
            .build());
  }
}
