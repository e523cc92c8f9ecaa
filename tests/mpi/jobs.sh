#!/usr/bin/env bash
# Usage: jobs.sh MPIEXEC MPI_RANKS [SENTIMENT]
#
# Jobs of two ranks: they train as one program does, a rank that dies ends its job with a message within seconds, and
# another number of ranks goes on with the training. Signals end all ranks in good order.

source "$(dirname "$0")/../examples/checks.sh"

mpiexec=$1 ranks=$2 sentiment=${3-}
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

# trains WHAT COUNT ARGUMENT...: the ranks end as one program would
trains() {
  local what=$1 count=$2
  shift 2
  timeout 60 "$mpiexec" -n "$count" "$ranks" "$@" >out 2>err || fail "$what: exit code $? and '$(cat err)'"
  grep -q "$count ranks: equal" out || fail "$what: $(cat out)"
}
# dies WHAT PATTERN ARGUMENT...: the job ends with an error and a message, in less than ten seconds
dies() {
  local what=$1 pattern=$2 code=0 begin=$SECONDS
  shift 2
  timeout -k 1 30 "$mpiexec" -n 2 "$ranks" "$@" >out 2>err || code=$?
  [[ $code != 0 && $code != 124 ]] || fail "$what: exit code $code"
  ((SECONDS - begin < 10)) || fail "$what: the job ended only after $((SECONDS - begin)) seconds"
  grep -qiE "$pattern" out err || fail "$what: no '$pattern' in '$(cat out err)'"
}

trains "two ranks" 2
dies "an exception" "mpi_ranks: an accident on rank 1" throw
dies "a rank that leaves" "exit" exit
dies "a rank that is killed" "signal 9|killed" kill checkpoints
[[ $(find checkpoints -name 'checkpoint-*' | wc -l) == 3 ]] || fail "not three checkpoints: $(ls checkpoints)"
cp -r checkpoints others
trains "going on with two ranks" 2 resume checkpoints
trains "going on with one rank" 1 resume others

if [[ $sentiment ]]; then
  # Losses of two ranks, of two threads, and of one thread: dropout draws for each thread, so here there is none.
  small=(train --no-baseline --quiet --epochs 2 --hidden 8 --dropout 0)
  losses() { cut -d , -f 3,4 "$1"; }
  timeout 120 "$mpiexec" -n 2 "$sentiment" "${small[@]}" --threads 1 --save r.safetensors --log ranks.csv >out 2>err || fail "two ranks: $(cat err)"
  grep -q "1 thread on each of 2 ranks" out || fail "two ranks: not said: $(cat out)"
  [[ $(grep -c "^Saved to r.safetensors" out) == 1 ]] || fail "not only rank 0 writes: $(cat out)"
  grep -q accuracy out || fail "two ranks: no accuracy: $(cat out)"
  for threads in 1 2; do
    "$sentiment" "${small[@]}" --threads $threads --save $threads.safetensors --log $threads.csv >alone 2>err || fail "$threads threads: $(cat err)"
    paste -d , <(losses ranks.csv) <(losses $threads.csv) | awk -F , 'NR > 1 {
        for (i = 1; i <= 2; ++i) { d = $i - $(i + 2); if (d < 0) d = -d; if (!(d <= 1e-6)) bad = 1 } ++rows }
      END { exit bad || rows != 2 }' || fail "the losses of 2 ranks are not those of $threads threads: $(paste ranks.csv $threads.csv)"
    cmp <(grep accuracy -A 3 out | cut -c -40) <(grep accuracy -A 3 alone | cut -c -40) || fail "2 ranks and $threads threads measure other accuracies"
  done

  # A signal to one rank alone, in the training of the network and in that of the baseline. The baseline may be trained
  # before the signal comes: then the job ends as usual.
  for moment in "^Training" "Compared with a bag"; do
    rm -f s.safetensors
    long=(train --quiet --hidden 8 --save s.safetensors --threads 1 --epochs)
    if [[ $moment == "^Training" ]]; then long+=(1000) said="bag of words left out: interrupted"; else long+=(1) said="accuracy on +bag of words|bag of words left out: interrupted"; fi
    timeout -k 1 120 "$mpiexec" -n 2 "$sentiment" "${long[@]}" >out 2>err &
    job=$!
    until grep -q "$moment" out || ! kill -0 $job 2>/dev/null; do sleep 0.05; done
    [[ $moment != "^Training" ]] || sleep 0.5
    # Of the ranks, the one that is not 0: only Linux tells the environment of a process.
    for at in /proc/[0-9]*; do
      grep -qz "^OMPI_COMM_WORLD_RANK=1$" $at/environ 2>/dev/null && [[ $(readlink $at/cwd) == "$work" ]] && kill -TERM ${at#/proc/}
    done
    begin=$SECONDS
    wait $job || fail "a signal at $moment: exit code $? and '$(cat err)'"
    ((SECONDS - begin < 20)) || fail "a signal at $moment: the job ended only after $((SECONDS - begin)) seconds"
    grep -qE "$said" out || fail "a signal at $moment: not said: $(cat out)"
    [[ -e s.safetensors ]] || fail "a signal at $moment: nothing was saved"
  done
fi

[[ $failures == 0 ]] && echo "all as it should be"
exit $failures
