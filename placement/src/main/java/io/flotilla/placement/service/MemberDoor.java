package io.flotilla.placement.service;

import io.flotilla.placement.model.ClusterView;
import io.flotilla.placement.model.Member;
import io.flotilla.placement.model.Settings;
import io.flotilla.placement.plan.PlanRefusedException;
import io.flotilla.placement.store.MemberFit;
import io.flotilla.proto.placement.AdminReply;
import io.flotilla.proto.placement.AdminRequest;
import io.flotilla.proto.placement.ChangeMember;
import io.flotilla.proto.placement.ChangeMembersRequest;
import io.flotilla.proto.placement.MemberStatus;
import io.flotilla.proto.placement.PlacementCommand;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.GroupStatus.PeerStatus;
import io.flotilla.raft.core.Membership;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.Address;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What operators ask of placement's own group. Who is to belong to it is decided in the log; that
 * the group then does is the {@link MemberSteward}'s. Only for the desk's thread.
 */
final class MemberDoor {
  private final LeaderGate gate;
  private final RaftGroup group;
  private final MemberBook book;
  private final Supplier<ClusterView> view;

  MemberDoor(LeaderGate gate, RaftGroup group, MemberBook book, Supplier<ClusterView> view) {
    this.gate = gate;
    this.group = group;
    this.book = book;
    this.view = view;
  }

  private Settings settings() {
    return view.get().settings();
  }

  void administer(RpcCall<AdminRequest, AdminReply> call) {
    ChangeMembersRequest wish = call.request().getMembers();
    switch (wish.getChangeCase()) {
      case ADD -> decide(call, () -> toAdd(wish.getAdd()));
      case REMOVE -> decide(call, () -> toRemove(wish.getRemove()));
      case TRANSFER -> transfer(call, wish.getTransfer());
      case CHANGE_NOT_SET -> call.fail(ErrorCode.INVALID_REQUEST, "nothing is asked for");
    }
  }

  /** What is to be decided, as of now. */
  private interface Change {
    ChangeMember plan() throws PlanRefusedException;
  }

  private void decide(RpcCall<AdminRequest, AdminReply> call, Change change) {
    if (call.request().getDryRun()) {
      AdminDoor.onlyTell(call, () -> tell(call, change.plan()));
      return;
    }
    List<ChangeMember> planned = new ArrayList<>();
    gate.decidePlanned(
        call,
        () -> {
          ChangeMember next = change.plan();
          planned.add(next);
          return PlacementCommand.newBuilder().setChangeMember(next).build();
        },
        result -> call.reply(notes(planned.get(planned.size() - 1))));
  }

  /** Refused as it would be in the log. */
  private void tell(RpcCall<AdminRequest, AdminReply> call, ChangeMember planned) {
    Optional<MemberFit> misfit = MemberFit.misfit(settings(), planned);
    if (misfit.isPresent()) {
      call.fail(ErrorCode.of(misfit.get().outcome().number()), misfit.get().why());
    } else {
      call.reply(notes(planned));
    }
  }

  private ChangeMember toAdd(String address) throws PlanRefusedException {
    if (!Address.is(address)) {
      throw new IllegalArgumentException("address is '" + address + "'; allowed: host:port");
    }
    TreeSet<Long> ids = new TreeSet<>(settings().members().keySet());
    group.status().membership().everybody().forEach(each -> ids.add(each.replica().value()));
    if (!settings().members().keySet().containsAll(ids)) {
      throw new PlanRefusedException("placement does not know all its members yet; try again");
    }
    return ChangeMember.newBuilder()
        .setChange(ChangeMember.Change.ADD)
        .setMember(ids.last() + 1)
        .setAddress(address)
        .build();
  }

  private ChangeMember toRemove(long id) throws PlanRefusedException {
    GroupStatus status = group.status();
    List<Membership.Member> rest =
        status.membership().voters().stream()
            .filter(voter -> voter.replica().value() != id)
            .toList();
    boolean hasVote = rest.size() < status.membership().voters().size();
    if (hasVote && !MemberStep.isHeardByMajority(status, rest)) {
      throw new PlanRefusedException(
          rest.isEmpty()
              ? "member " + id + " is the only one with a vote; add others first"
              : String.format(
                  "without member %d, placement would consist of %s, of which no majority is heard",
                  id, named(rest)));
    }
    return ChangeMember.newBuilder().setChange(ChangeMember.Change.REMOVE).setMember(id).build();
  }

  private static String named(List<Membership.Member> members) {
    return members.stream()
        .map(member -> "member " + member.replica().value())
        .collect(Collectors.joining(", "));
  }

  private AdminReply notes(ChangeMember change) {
    AdminReply.Builder reply = AdminReply.newBuilder();
    Settings then = MemberFit.after(settings(), change);
    if (change.getChange() == ChangeMember.Change.ADD) {
      String members =
          then.lastingMembers().stream()
              .map(member -> member.id() + "=" + member.address())
              .collect(Collectors.joining(","));
      reply
          .addNotes("member " + change.getMember() + " gets its vote when it runs and has the log")
          .addNotes(
              String.format(
                  "start placement --set placement.join=true --set placement.member-id=%d"
                      + " --set placement.members=%s",
                  change.getMember(), members));
    } else {
      reply.addNotes("placement members shows when it has left; its process may then be stopped");
    }
    EvenNumber.note(then.lastingMembers().size(), "members").ifPresent(reply::addNotes);
    return reply.build();
  }

  private void transfer(RpcCall<AdminRequest, AdminReply> call, long id) {
    GroupStatus status = group.status();
    Optional<PeerStatus> peer =
        status.peers().stream().filter(each -> each.replica().value() == id).findFirst();
    if (status.replica().value() == id) {
      call.fail(ErrorCode.CONFLICT, "member " + id + " leads already");
    } else if (peer.isEmpty()) {
      call.fail(ErrorCode.NOT_FOUND, "placement has no member " + id);
    } else if (!status.membership().isVoter(new ReplicaId(id))) {
      call.fail(ErrorCode.CONFLICT, "member " + id + " has no vote yet");
    } else if (!peer.get().recentlyActive()) {
      call.fail(ErrorCode.CONFLICT, "member " + id + " is not heard");
    } else if (call.request().getDryRun()) {
      call.reply(AdminReply.getDefaultInstance());
    } else {
      BiConsumer<Void, Throwable> done =
          (nothing, failed) -> {
            if (failed == null) {
              call.reply(AdminReply.getDefaultInstance());
            } else {
              call.fail(gate.proposalFailed(failed));
            }
          };
      group.transferLeadership(Optional.of(new ReplicaId(id))).whenComplete(done);
    }
  }

  /** All members, those on their way in or out as well, by id. */
  List<MemberStatus> members() {
    GroupStatus status = group.status();
    Settings settings = settings();
    TreeSet<Long> ids = new TreeSet<>();
    settings.lastingMembers().forEach(member -> ids.add(member.id()));
    status.membership().everybody().forEach(each -> ids.add(each.replica().value()));
    return ids.stream().map(id -> member(id, status, settings)).toList();
  }

  private MemberStatus member(long id, GroupStatus status, Settings settings) {
    boolean leads = status.replica().value() == id;
    Optional<PeerStatus> peer =
        status.peers().stream().filter(each -> each.replica().value() == id).findFirst();
    return MemberStatus.newBuilder()
        .setId(id)
        .setAddress(book.addressOf(id).orElse(""))
        .setLeader(leads)
        .setLearner(!status.membership().isVoter(new ReplicaId(id)))
        .setLeaving(settings.member(id).filter(Member::removed).isPresent())
        .setHeard(leads || peer.filter(PeerStatus::recentlyActive).isPresent())
        .setApplied(leads ? status.appliedIndex() : peer.map(PeerStatus::applied).orElse(0L))
        .build();
  }
}
