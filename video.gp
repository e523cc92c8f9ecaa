set terminal pngcairo noenhanced size 1000,720 font 'sans,12' background 'white'
set output 'video.png'
set datafile separator ','
DATA = 'video.csv'
unset key; unset tics; unset border; unset colorbox; set palette gray; set cbrange [0:1]
set margins 0,0,0,0; set yrange [*:*] reverse
set terminal pngcairo size 1356,132; set output 'video.png'
set arrow from 169,-0.5 rto 0,33 nohead front lw 3 lc rgb 'red'
plot DATA matrix with image
unset arrow; set terminal gif animate delay 15 loop 0 size 272,136; set output 'video.gif'
do for [t=0:19] {
set multiplot layout 1,2 margins 0,1,0,1 spacing 0.02
plot DATA matrix every ::(t*17):0:(t*17+15):15 with image
plot DATA matrix every ::(t*17):17:(t*17+15):32 with image
unset multiplot
}

