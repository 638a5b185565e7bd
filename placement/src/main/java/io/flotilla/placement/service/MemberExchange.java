package io.flotilla.placement.service;

import io.flotilla.proto.placement.MembersNews;
import io.flotilla.raft.core.GroupStatus;
import io.flotilla.raft.core.Membership.Member;
import io.flotilla.raft.core.ReplicaId;
import io.flotilla.raft.runtime.RaftGroup;
import io.flotilla.rpc.ErrorCode;
import io.flotilla.rpc.RpcCall;
import io.flotilla.rpc.RpcClient;
import io.flotilla.rpc.RpcMethods;
import io.flotilla.rpc.RpcServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each other member, again and again, who belongs to placement, and is told. One that was
 * away while others came cannot answer them before it knows where they are; and one that was
 * removed meanwhile hears it here, and then has the group tell its replica, which alone counts.
 */
final class MemberExchange implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MemberExchange.class);
  private static final Duration EVERY = Duration.ofSeconds(1);

  private final MemberBook book;
  private final RaftGroup group;
  private final RpcClient client;
  private final Consumer<Throwable> fatal;
  private @Nullable ScheduledFuture<?> round;

  /**
   * @param fatal told of an {@link Error}; it must end the process
   */
  MemberExchange(MemberBook book, RaftGroup group, RpcClient client, Consumer<Throwable> fatal) {
    this.book = book;
    this.group = group;
    this.client = client;
    this.fatal = fatal;
    group.removed().thenRun(() -> log.warn("this member was removed; its process may be stopped"));
  }

  void addTo(RpcServer server) {
    server.handle(RpcMethods.MEMBERS, this::answer);
  }

  /**
   * @param loop on which it happens; nothing blocks
   */
  void start(ScheduledExecutorService loop) {
    round =
        loop.scheduleWithFixedDelay(
            this::tellGuarded, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void answer(RpcCall<MembersNews, MembersNews> call) {
    try {
      book.take(call.request());
      call.reply(news());
    } catch (IllegalArgumentException wrong) {
      call.fail(ErrorCode.INVALID_REQUEST, String.valueOf(wrong.getMessage()));
    }
  }

  private MembersNews news() {
    return book.news(group.status().leader().map(ReplicaId::value));
  }

  /** A schedule ends with the first failure that it sees, and with it all that is told. */
  private void tellGuarded() {
    try {
      tell();
    } catch (RuntimeException bug) {
      log.error("the other members were not told who belongs to placement", bug);
    } catch (Error broken) {
      fatal.accept(broken);
    }
  }

  private void tell() {
    MembersNews news = news();
    BiConsumer<MembersNews, Throwable> take = this::take;
    for (String address : book.others()) {
      client.call(address, RpcMethods.MEMBERS, news, EVERY).whenComplete(take);
    }
    if (book.isRemoved()) {
      askIfRemoved();
    }
  }

  private void take(@Nullable MembersNews news, @Nullable Throwable silent) {
    if (news == null) {
      log.debug("another member does not say who belongs to placement", silent);
      return;
    }
    try {
      book.take(news);
    } catch (IllegalArgumentException wrong) {
      log.error("another member says what cannot be", wrong);
    }
  }

  private void askIfRemoved() {
    GroupStatus status = group.status();
    Optional<Member> leader = book.toldLeader().map(id -> new Member(new ReplicaId(id), id));
    boolean still = !group.removed().isDone() && status.role() != GroupStatus.RoleName.LEADER;
    if (still && leader.isPresent()) {
      group.askIfRemoved(List.of(leader.get()));
    }
  }

  @Override
  public void close() {
    ScheduledFuture<?> begun = round;
    if (begun != null) {
      begun.cancel(false);
    }
    client.close();
  }
}
