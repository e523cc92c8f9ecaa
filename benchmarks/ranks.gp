# What training on many ranks of MPI would take: a model of compute, latency and bandwidth. docs/cluster.md explains it.
#
#   gnuplot benchmarks/ranks.gp            prints the tables of docs/cluster.md, and draws docs/cluster.svg
#
# Measured on one machine by `mpirun -n 1 ranks shares` and `mpirun -n 2 ranks`: an LSTM of 128 units, 64 samples × 50 steps × 128 inputs.

# ---- Measured
array share_ms[7] = [0.555, 0.766, 1.41, 2.66, 5.36, 11.2, 22.8]  # a step of 1, 2, 4, 8, 16, 32 and 64 samples on one rank
pair_ms = 0.3                    # an exchange between two ranks of one machine
bytes = 4 * 132354.              # of the gradient, in single precision

# ---- Assumed
cores = 16                       # of a machine, a rank on each, which don't slow each other down
latency_ms(net) = net == 1 ? 0.030 : 0.002        # of a message: 1 is Ethernet of 10 Gbit/s, 2 is InfiniBand of 100 Gbit/s
bytes_per_ms(net) = net == 1 ? 1.1e6 : 11e6       # of a machine, in each direction

# ---- The model
log2(x) = log(x) / log(2)
compute(samples) = share_ms[int(log2(samples) + 0.5) + 1]
# Inside a machine the ranks add in pairs, then pairs of pairs, and so on.
inside(ranks) = pair_ms * log2(ranks < cores ? ranks : cores)
# Between M machines, four sums: of the gradient (reduce-scatter and all-gather, 2 log2 M messages), of the weights of the batch, of
# the loss and of the wish to stop (log2 M messages each).
between(machines, net, size) = machines <= 1 ? 0 : 5 * log2(machines) * latency_ms(net) + 2 * (1 - 1. / machines) * size / bytes_per_ms(net)
exchange(ranks, net, size) = ranks == 1 ? 0 : inside(ranks) + between(ranks / cores, net, size)
step(ranks, samples, net) = compute(samples) + exchange(ranks, net, bytes)
# Samples a second, over those of one rank with a batch of 64.
speedup(ranks, samples, net) = ranks * samples / step(ranks, samples, net) / (64 / compute(64))

set print '-'
print '| ranks | samples of each | compute, ms | exchange, ms | times as fast as one |'
print '|---|---|---|---|---|'
do for [k = 0:6] {
  r = 2**k
  print sprintf('| %d | %d | %.2f | %.2f | %.1f |', r, 64 / r, compute(64 / r), exchange(r, 1, bytes), speedup(r, 64 / r, 1))
}
print ''
print '| ranks | exchange, ms, 10 Gbit/s | times as fast | exchange, ms, 100 Gbit/s | times as fast |'
print '|---|---|---|---|---|'
do for [k = 3:10] {
  r = 2**k
  print sprintf('| %d | %.2f | %.0f | %.2f | %.0f |', r, exchange(r, 1, bytes), speedup(r, 64, 1), exchange(r, 2, bytes), speedup(r, 64, 2))
}

set terminal svg noenhanced size 760,460 font 'sans,13' background 'white'
if (!exists('picture')) picture = 'docs/cluster.svg'
set output picture
set xlabel 'ranks'; set ylabel 'samples a second, over those of one rank'
set logscale xy 2; set xrange [1:1024]; set yrange [1:1024]
set grid lc rgb '#dddddd'; set border 3; set tics nomirror; set key left top samplen 2
set style line 1 lw 2.5 lc rgb '#0072b2'; set style line 2 lw 2.5 lc rgb '#d55e00'; set style line 3 lw 2.5 lc rgb '#009e73'
set samples 11
plot x with lines dt 2 lc rgb 'black' title 'as many times as ranks', \
  '+' using (2**($0)):(speedup(2**$0, 64, 2)) with linespoints ls 1 pt 7 ps 0.5 title 'a batch of 64 on each rank, 100 Gbit/s', \
  '+' using (2**($0)):(speedup(2**$0, 64, 1)) with linespoints ls 2 pt 7 ps 0.5 title 'a batch of 64 on each rank, 10 Gbit/s', \
  '+' using ($0 > 6 ? NaN : 2**($0)):($0 > 6 ? NaN : speedup(2**$0, 64 / 2**$0, 1)) with linespoints ls 3 pt 7 ps 0.5 title 'one batch of 64 on all ranks', \
  '-' using 1:2 with points pt 6 ps 1.6 lw 2 lc rgb 'black' title 'measured'
1 1
2 1.91
e
