package io.flotilla.raft.tables;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of the course's tests in this room's README has them all, and what it says is so. */
class LaboratoryTableTest {
  private static final List<String> RAFT =
      List.of(
          "TestInitialElection3A",
          "TestReElection3A",
          "TestManyElections3A",
          "TestBasicAgree3B",
          "TestRPCBytes3B",
          "TestFollowerFailure3B",
          "TestLeaderFailure3B",
          "TestFailAgree3B",
          "TestFailNoAgree3B",
          "TestConcurrentStarts3B",
          "TestRejoin3B",
          "TestBackup3B",
          "TestCount3B",
          "TestPersist13C",
          "TestPersist23C",
          "TestPersist33C",
          "TestFigure83C",
          "TestUnreliableAgree3C",
          "TestFigure8Unreliable3C",
          "TestReliableChurn3C",
          "TestUnreliableChurn3C",
          "TestSnapshotBasic3D",
          "TestSnapshotInstall3D",
          "TestSnapshotInstallUnreliable3D",
          "TestSnapshotInstallCrash3D",
          "TestSnapshotInstallUnCrash3D",
          "TestSnapshotAllCrash3D",
          "TestSnapshotInit3D");

  private static final List<String> STATE_MACHINE =
      List.of(
          "rsm TestBasic4A",
          "rsm TestConcurrent4A",
          "rsm TestLeaderFailure4A",
          "rsm TestLeaderPartition4A",
          "rsm TestRestartReplay4A",
          "rsm TestShutdown4A",
          "rsm TestRestartSubmit4A",
          "rsm TestSnapshot4C");

  private static final List<String> SERVICE =
      List.of(
          "TestBasic4A",
          "TestSpeed4A",
          "TestConcurrent4A",
          "TestUnreliable4A",
          "TestUnreliableOneKey4A",
          "TestOnePartition4A",
          "TestManyPartitionsOneClient4A",
          "TestManyPartitionsManyClients4A",
          "TestPersistOneClient4A",
          "TestPersistConcurrent4A",
          "TestPersistConcurrentUnreliable4A",
          "TestPersistPartition4A",
          "TestPersistPartitionUnreliable4A",
          "TestPersistPartitionUnreliableLinearizable4A",
          "TestSnapshotRPC4B",
          "TestSnapshotSize4B",
          "TestSpeed4B",
          "TestSnapshotRecover4B",
          "TestSnapshotRecoverManyClients4B",
          "TestSnapshotUnreliable4B",
          "TestSnapshotUnreliableRecover4B",
          "TestSnapshotUnreliableRecoverConcurrentPartition4B",
          "TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable4B");

  private static final List<String> CONTROLLER =
      List.of(
          "shardctrler TestBasic: leave and join",
          "shardctrler TestBasic: historical queries",
          "shardctrler TestBasic: move",
          "shardctrler TestBasic: concurrent leave and join",
          "shardctrler TestBasic: minimal transfers after joins",
          "shardctrler TestBasic: minimal transfers after leaves",
          "shardctrler TestMulti: join and leave of several",
          "shardctrler TestMulti: the same configuration on all servers");

  private static final List<String> SHARDED =
      List.of(
          "TestStaticShards5A",
          "TestRejection5A",
          "TestJoinLeave5B",
          "TestSnapshot5B",
          "TestMissChange5B",
          "TestConcurrent1_5B",
          "TestConcurrent2_5B",
          "TestConcurrent3_5B",
          "TestUnreliable1_5B",
          "TestUnreliable2_5B",
          "TestUnreliable3_5B",
          "TestChallenge1Delete",
          "TestChallenge2Unaffected",
          "TestChallenge2Partial");

  private static final List<String> SHARDED_2025 =
      List.of(
          "TestInitQuery5A",
          "TestStaticOneShardGroup5A",
          "TestJoinBasic5A",
          "TestDeleteBasic5A",
          "TestJoinLeaveBasic5A",
          "TestManyJoinLeaveReliable5A",
          "TestManyJoinLeaveUnreliable5A",
          "TestShutdown5A",
          "TestProgressShutdown5A",
          "TestProgressJoin5A",
          "TestOneConcurrentClerkReliable5A",
          "TestManyConcurrentClerkReliable5A",
          "TestOneConcurrentClerkUnreliable5A",
          "TestManyConcurrentClerkUnreliable5A",
          "TestJoinLeave5B (2025)",
          "TestRecoverCtrler5B",
          "TestConcurrentReliable5C",
          "TestAcquireLockConcurrentUnreliable5C",
          "TestPartitionControllerJoin5C",
          "TestPartitionRecoveryReliableNoClerk5C",
          "TestPartitionRecoveryUnreliableNoClerk5C",
          "TestPartitionRecoveryReliableClerks5C",
          "TestPartitionRecoveryUnreliableClerks5C");

  private static final List<String> OURS =
      List.of(
          "LabElectionTest",
          "LabAgreementTest",
          "LabPersistenceTest",
          "LabSnapshotTest",
          "LabServiceTest",
          "LabServiceSnapshotTest",
          "placement/LabControllerTest",
          "LabShardedServiceTest",
          "LabShardedService2025Test",
          "LabShardControllersTest");

  private final TestSources sources = new TestSources(Path.of(".."));
  private final ShownByTable table = ShownByTable.in(Path.of("README.md"), "Laboratory tests");

  @Test
  void everyTestOfTheCourseHasARow() {
    assertThat(table.rows())
        .extracting(ShownByTable.Row::about)
        .doesNotHaveDuplicates()
        .containsAll(RAFT)
        .containsAll(STATE_MACHINE)
        .containsAll(SERVICE)
        .containsAll(CONTROLLER)
        .containsAll(SHARDED)
        .containsAll(SHARDED_2025);
  }

  @Test
  void whatIsNamedIsThere() {
    assertThat(table.complaints(sources)).isEmpty();
  }

  @Test
  void everyTestOfOursThatIsNamedAfterOneOfTheCourseIsInTheTable() {
    Set<String> named = new TreeSet<>();
    table.rows().forEach(row -> named.addAll(row.shownBy()));
    for (String type : OURS) {
      assertThat(sources.testsOf(type)).as(type).isNotEmpty();
      for (String test : sources.testsOf(type)) {
        assertThat(named).contains(type + "." + test);
      }
    }
  }
}
