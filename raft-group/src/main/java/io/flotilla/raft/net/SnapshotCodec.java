package io.flotilla.raft.net;

import com.google.protobuf.UnsafeByteOperations;
import io.flotilla.proto.snapshot.DescribeSnapshot;
import io.flotilla.proto.snapshot.ReadSnapshot;
import io.flotilla.proto.snapshot.ReleaseSnapshot;
import io.flotilla.proto.snapshot.SnapshotMember;
import io.flotilla.proto.snapshot.SnapshotPiece;
import io.flotilla.proto.snapshot.SnapshotRefusal;
import io.flotilla.proto.snapshot.SnapshotRefusalReason;
import io.flotilla.proto.snapshot.SnapshotReleased;
import io.flotilla.raft.core.GroupId;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.Position;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.port.SnapshotFile;
import io.flotilla.raft.port.SnapshotManifest;
import io.flotilla.raft.port.SnapshotReply;
import io.flotilla.raft.port.SnapshotReply.Reason;
import io.flotilla.raft.port.SnapshotRequest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What nodes say about snapshots, as messages. Reading throws {@link IllegalArgumentException} for
 * whatever could not have been written here: numbers out of range, names that lead elsewhere.
 */
final class SnapshotCodec {
  private static final Map<Reason, SnapshotRefusalReason> REASONS = new EnumMap<>(Reason.class);

  static {
    REASONS.put(Reason.NOT_HERE, SnapshotRefusalReason.NOT_HERE);
    REASONS.put(Reason.NOT_READY, SnapshotRefusalReason.NOT_READY);
    REASONS.put(Reason.FAILED, SnapshotRefusalReason.FAILED);
    REASONS.put(Reason.GONE, SnapshotRefusalReason.GONE);
    REASONS.put(Reason.BUSY, SnapshotRefusalReason.BUSY);
  }

  private SnapshotCodec() {}

  // ---- requests

  static io.flotilla.proto.snapshot.SnapshotRequest message(SnapshotRequest request) {
    var message = io.flotilla.proto.snapshot.SnapshotRequest.newBuilder();
    if (request instanceof SnapshotRequest.Describe describe) {
      message.setDescribe(
          DescribeSnapshot.newBuilder()
              .setGroup(describe.group().value())
              .setAtLeast(describe.atLeast())
              .setNot(describe.not()));
    } else if (request instanceof SnapshotRequest.Read read) {
      message.setRead(
          ReadSnapshot.newBuilder()
              .setSnapshot(read.snapshot())
              .setFile(read.file())
              .setOffset(read.offset())
              .setBytes(read.bytes()));
    } else if (request instanceof SnapshotRequest.Release release) {
      message.setRelease(ReleaseSnapshot.newBuilder().setSnapshot(release.snapshot()));
    }
    return message.build();
  }

  static SnapshotRequest request(io.flotilla.proto.snapshot.SnapshotRequest message) {
    return switch (message.getKindCase()) {
      case DESCRIBE -> {
        DescribeSnapshot describe = message.getDescribe();
        GroupId group = new GroupId(describe.getGroup());
        yield new SnapshotRequest.Describe(group, describe.getAtLeast(), describe.getNot());
      }
      case READ -> {
        ReadSnapshot read = message.getRead();
        yield new SnapshotRequest.Read(
            read.getSnapshot(), read.getFile(), read.getOffset(), read.getBytes());
      }
      case RELEASE -> new SnapshotRequest.Release(message.getRelease().getSnapshot());
      case KIND_NOT_SET -> throw new IllegalArgumentException("a request of no known kind");
    };
  }

  // ---- replies

  static io.flotilla.proto.snapshot.SnapshotReply message(SnapshotReply reply) {
    var message = io.flotilla.proto.snapshot.SnapshotReply.newBuilder();
    if (reply instanceof SnapshotReply.Described described) {
      message.setManifest(message(described.manifest()));
    } else if (reply instanceof SnapshotReply.Piece piece) {
      message.setPiece(
          SnapshotPiece.newBuilder()
              .setSnapshot(piece.snapshot())
              .setFile(piece.file())
              .setOffset(piece.offset())
              .setData(UnsafeByteOperations.unsafeWrap(piece.data()))
              .setCrc32C(piece.crc32c()));
    } else if (reply instanceof SnapshotReply.Refused refused) {
      SnapshotRefusalReason reason = REASONS.get(refused.reason());
      if (reason == null) {
        throw new IllegalArgumentException(refused + " is not for others");
      }
      message.setRefusal(
          SnapshotRefusal.newBuilder()
              .setReason(reason)
              .setRetryAfterMillis(refused.retryAfterMillis()));
    } else if (reply instanceof SnapshotReply.Released) {
      message.setReleased(SnapshotReleased.getDefaultInstance());
    }
    return message.build();
  }

  static SnapshotReply reply(io.flotilla.proto.snapshot.SnapshotReply message) {
    return switch (message.getKindCase()) {
      case MANIFEST -> new SnapshotReply.Described(manifest(message.getManifest()));
      case PIECE -> {
        SnapshotPiece piece = message.getPiece();
        yield new SnapshotReply.Piece(
            piece.getSnapshot(),
            piece.getFile(),
            piece.getOffset(),
            piece.getData().asReadOnlyByteBuffer(),
            piece.getCrc32C());
      }
      case REFUSAL -> refused(message.getRefusal());
      case RELEASED -> new SnapshotReply.Released();
      case KIND_NOT_SET -> throw new IllegalArgumentException("a reply of no known kind");
    };
  }

  private static SnapshotReply refused(SnapshotRefusal message) {
    for (Map.Entry<Reason, SnapshotRefusalReason> reason : REASONS.entrySet()) {
      if (reason.getValue() == message.getReason()) {
        int millis = Math.max(0, message.getRetryAfterMillis());
        return new SnapshotReply.Refused(reason.getKey(), millis);
      }
    }
    throw new IllegalArgumentException("a refusal for no known reason");
  }

  // ---- manifests

  private static io.flotilla.proto.snapshot.SnapshotManifest message(SnapshotManifest manifest) {
    Membership membership = manifest.membership();
    var message =
        io.flotilla.proto.snapshot.SnapshotManifest.newBuilder()
            .setSnapshot(manifest.id())
            .setGroup(manifest.group().value())
            .setTerm(manifest.term())
            .setLastIndex(manifest.last().index())
            .setLastTerm(manifest.last().term());
    membership.voters().forEach(member -> message.addVoters(message(member)));
    membership.outgoing().forEach(member -> message.addOutgoing(message(member)));
    membership.learners().forEach(member -> message.addLearners(message(member)));
    for (SnapshotFile file : manifest.files()) {
      message.addFiles(
          io.flotilla.proto.snapshot.SnapshotFile.newBuilder()
              .setName(file.name())
              .setBytes(file.bytes())
              .setCrc32C(file.crc32c()));
    }
    return message.build();
  }

  private static SnapshotMember message(Membership.Member member) {
    return SnapshotMember.newBuilder()
        .setReplica(member.replica().value())
        .setNode(member.node())
        .build();
  }

  private static SnapshotManifest manifest(io.flotilla.proto.snapshot.SnapshotManifest message) {
    List<SnapshotFile> files = new ArrayList<>();
    for (var file : message.getFilesList()) {
      files.add(new SnapshotFile(file.getName(), file.getBytes(), file.getCrc32C()));
    }
    return new SnapshotManifest(
        message.getSnapshot(),
        new GroupId(message.getGroup()),
        message.getTerm(),
        new Position(message.getLastIndex(), message.getLastTerm()),
        new Membership(
            members(message.getVotersList()),
            members(message.getOutgoingList()),
            members(message.getLearnersList())),
        files);
  }

  private static List<Membership.Member> members(List<SnapshotMember> messages) {
    List<Membership.Member> members = new ArrayList<>();
    for (SnapshotMember message : messages) {
      members.add(new Membership.Member(new ReplicaId(message.getReplica()), message.getNode()));
    }
    return members;
  }
}
