// How people write about a dinner, a film, a phone, a holiday or a repair: the rules that make the everyday sentences of the
// corpus out of the words of lexicon.hpp.
//
// A rule has its name in brackets and, one a line, what it may be read as; a number before it says how often as compared with
// the others. In braces stand other rules and lists of words:
//
//   {time}      any of the list `time`
//   {adj+}      praise, {adj-} blame
//   {adj*}      of the sign that is asked for, {adj~} of the opposite: one rule [opinion*] makes both opinions
//
// [opinion+] adds to what [opinion*] makes of praise. A rule of a domain, [cinema.event+], adds to [event+] in sentences about
// films. {kind}, {mass}, {many} and {adj*} are of one topic in a sentence; {also opinion*} is of another
// topic of the domain.
#pragma once

#include <array>
#include <string_view>

namespace sentiment {

// The topics of the domains; the first of them is what the domain is named after and comes up twice as often.
struct DomainTopics {
  std::string_view domain, topics;
};
inline constexpr std::array kDomainTopics{
    DomainTopics{"dining", "food,food,food,drink,eatery,eatery,staff,staff"},
    DomainTopics{"cinema", "film,film,film,story,acting,acting"},
    DomainTopics{"product", "gadget,gadget,gadget,part,part,wear"},
    DomainTopics{"travel", "room,room,trip,crew"},
    DomainTopics{"service", "company,helper,job"},
};

inline constexpr std::string_view kEveryday = R"(

[sentence*]
26 {opinion*}{end*}
8 {verdict*}{end*}
7 {event*}{end*}
5 {opinion*} and {also opinion*}{end*}
4 {opinion*}, {also opinion*}{end*}
4 {opinion*}. {also opinion*}{end*}
3 {opinion*}, and {event*}{end*}
3 {event*}, and {opinion*}{end*}
3 {event*} and {event*}{end*}
3 {opinion*}, {verdict*}{end*}
3 {verdict*}, {opinion*}{end*}
2 {verdict*}: {opinion*}, {event*}{end*}
4 {context}, and {opinion*}{end*}
3 {context}, and {event*}{end*}
4 {context}. {opinion*}{end*}
2 {context}. {event*}{end*}
3 {opening} {opinion*}{end*}
2 {opening} {event*}{end*}
2 {opening} {verdict*}{end*}
2 {event*} {when}{end*}
2 {opinion*} because {event*}{end*}
2 {opinion*} since {event*}{end*}
2 {verdict*} because {opinion*}{end*}
2 {opinion*}, so {verdict*}{end*}
2 {event*}, so {verdict*}{end*}
3 {opinion~} but {also opinion*}{end*}
3 {opinion~}, but {event*}{end*}
2 {opinion~}; however, {also opinion*}{end*}
2 although {opinion~}, {also opinion*}{end*}
2 {also opinion*}, although {opinion~}{end*}
2 even though {opinion~}, {event*}{end*}
2 {opinion~}, but {verdict*}{end*}
2 {hope~} but {opinion*}{end*}
1 {event~}, but {verdict*}{end*}
1 despite the {plain adj~} {kind}, {also opinion*}{end*}
1 {opinion*}, {also opinion*} and {event*}{end*}
2 {context}{end*}
1 {context} and {context}, and {opinion*}{end*}
1 {aside}, {opinion*}{end*}
1 {opinion*}, {aside}{end*}
1 {opinion*}, if you ask me{end*}

[end+]
14 .
10 !
2 !!
1 !!!
1 :)
10 {}
[end-]
16 .
3 !
1 !!
1 ...
1 :(
10 {}

[the]
6 the
3 this
1 their
1 our
1 my
1 that
[these]
5 the
1 these
1 their
1 our
1 all the
[was]
5 was
4 is
1 seems
1 looks
1 looked
1 felt
1 has been
[were]
5 were
4 are
1 seem
1 looked
[wasnt]
4 was not
4 wasn't
3 is not
3 isn't
1 was never
1 is never
2 isn't that
1 was hardly
1 is far from
1 was not at all
1 was nowhere near
2 was not very
2 is not very
1 was not really
1 was anything but
1 could not be called
1 is by no means
[werent]
3 were not
3 weren't
2 are not
2 aren't
1 were never
1 were hardly
1 were not very
1 were far from
[it]
5 it
3 this
1 everything
1 the whole thing
1 that
[we]
5 I
4 we
[subject]
5 {the} {kind} {was}
3 {the} {mass} {was}
3 {these} {many} {were}
[subject is not]
5 {the} {kind} {wasnt}
3 {the} {mass} {wasnt}
3 {these} {many} {werent}
[thing]
5 {the} {kind}
3 {the} {mass}
[stuff]
5 {the} {kind}
3 {the} {mass}
3 {these} {many}
[any]
3 {kind}
1 {mass}
1 {many}

[opinion*]
10 {thing} {does*}
2 {thing} just {does*}
2 {it} {does*}
1 {thing} {does*} and {does*}
5 {so to say*}, {opinion*}
5 {so to say*}, {event*}
4 {has*}
24 {subject} {adj*}
10 {subject} {very} {plain adj*}
3 {subject} {adj*} and {adj*}
2 {subject} {adj*}, {adj*} and {adj*}
2 {adj*}, {adj*} and {adj*}
6 {plain adj*} {any}
2 {very} {plain adj*} {any}
3 {plain adj*} {any}, {also described*}
2 {plain adj*} {any} and {also described*}
4 {it} {was} a {plain adj*} {kind}
3 what a {plain adj*} {kind}
3 {it} {was} {adj*}
2 {it} {was} {very} {plain adj*}
2 such a {plain adj*} {kind}
3 {we} had a {plain adj*} {kind}
2 one of the {best*} {many} {ever}
2 the {best*} {kind} {ever}
2 {it} {was} the {best*} {kind} {ever}
2 {it} {was} by far the {best*} {kind}
2 {plain adj*} {any}, {plain adj*} {any}
2 {we} found {stuff} {adj*}
2 {we} found {stuff} to be {very} {plain adj*}
2 {we} thought {subject} {adj*}
2 {we} think {subject} {adj*}
1 {someone} thought {subject} {adj*}
1 {someone} said that {subject} {adj*}
6 {we} {loved*} {stuff}
2 {someone} {liked*} {stuff}
2 I {am fond of*} {stuff}
2 {we} {liked*} how {adj*} {subject}
3 {I was} {feel*}
4 {I was} {feel*} with {stuff}
2 {I was} {feel*} by {stuff}
2 {someone} was {feel*} with {stuff}
2 {we} left {feel*}
1 it left me {feel*}
3 {thing} made it a {plain adj*} {kind}
1 {thing} made this a {things*}
4 {it} {was} a {things*}
3 {subject} a {things*}
2 a {things*}
2 what a {things*}
1 {adv*} {done}
3 {it} {was} {done} {manner*}
2 {manner*} {done}
2 everything was {done} {manner*}
2 {thing} {works} {manner*}
2 {subject} {better*} than {expected}
1 {subject} {better*} than the last one
1 {it} {was} {better*} than {any other}
1 it could not have been {better*}
1 who knew that {the} {kind} could be so {plain adj*}
1 nobody ever had a {better*} {kind}
1 I never expected {stuff} to be this {plain adj*}
2 {we} have had {better~}
1 I have {seen} {better~} {many}
1 it doesn't get {better*} than this
1 it just keeps getting {better*}
2 the {best*} part was {thing}
1 the {best*} thing about it was {thing}
1 {thing} alone {was} {adj*}
2 everything about {subject} {adj*}
1 everything was {adj*} and {subject} {adj*} too
1 from {any} to {any} everything was {adj*}
2 {subject} {adj*} as always
1 {subject} {adj*} as usual
1 {subject} {adj*} and so was {thing}
1 {subject} also {adj*}
1 the other {many} were {adj*} too
1 it tastes and looks {adj*}
1 I give it {stars*}
1 {stars*}
1 {we} got {plain adj*} {any} and {plain adj*} {any}
1 you get {plain adj*} {any}
1 they have {plain adj*} {any}
2 they have the {best*} {any} {ever}
2 it has {plain adj*} {any}
2 with {plain adj*} {any} and {plain adj*} {any}
1 nothing but {plain adj*} {any}
1 if you like {plain adj*} {any}, this is your place
1 {we} never had such {plain adj*} {any}
1 a {plain adj*} {kind} with {plain adj*} {any}
1 a {plain adj*} {kind}, {plain adj*} {any}

[described*]
{plain adj*} {any}

[opinion+]
3 {subject is not} {adj-}
2 there was nothing {adj-} about {stuff}
2 {not once} did it feel {adj-}
2 {we} have no complaints about {stuff}
1 no {plain adj-} {many} here
1 {thing} could not have been {better+}
1 you can't go wrong with {stuff}
1 {thing} was not {adj-} at all
1 {we} can't say enough good things about {stuff}
1 I can not imagine a {better+} {kind}
1 hard to find a {better+} {kind}
1 without a single {adj-} moment
1 never a {plain adj-} moment
1 {thing} is never {adj-}
1 I have no regrets about {stuff}
1 {subject} not only {adj+} but also {adj+}
1 {we} have nothing but praise for {stuff}
1 {thing} alone is worth the {price}
1 {subject} worth every {penny}
1 {thing} is hard to beat
1 {thing} exceeded my expectations
1 {thing} blew me away
1 {thing} won us over
1 {thing} hit the spot
1 {thing} gets a thumbs up
1 {subject} a pleasant surprise
1 kudos to {stuff}
1 hats off to {stuff}
1 three cheers for {stuff}
1 thank you for the {plain adj+} {kind}
1 thanks to {stuff}, it was a {plain adj+} {time span}
1 {the} {kind} makes me smile
1 {thing} speaks for itself
1 {thing} never disappoints
1 {thing} did not disappoint
1 I am still thinking about {stuff}
1 my favorite {kind} {ever}

[opinion-]
9 {subject is not} {adj+}
4 {subject is not} {adj+} at all
3 there was nothing {adj+} about {stuff}
2 {we} did not find {stuff} {adj+}
2 {we} didn't think {subject} {adj+}
2 I don't think {subject} {adj+}
2 I wouldn't call {thing} {adj+}
1 nobody would call {thing} {adj+}
2 not a {plain adj+} {kind}
2 {it} {was} not a {plain adj+} {kind}
2 not {adj+}
1 not {adj+}, not {adj+}
1 neither {plain adj+} nor {plain adj+}
1 {subject} neither {plain adj+} nor {plain adj+}
2 no {plain adj+} {any}
2 {thing} could have been {better+}
1 {thing} could be {better+}
2 I expected more from {stuff}
2 I expected {better+} from {stuff}
2 I wish {thing} {were} {adj+}
1 I wish {we} had {known}
1 {thing} should have been {adj+}
1 it would have been nice if {thing} was {adj+}
1 if only {thing} {were} {adj+}
3 {subject} {too} {tooword}
2 {too} {tooword} for {me}
2 {subject} not {enough word} enough
2 not enough {many}
1 {thing} lacked {quality}
1 {thing} lacks {quality}
1 {thing} had no {quality}
1 there is no {quality} in {thing}
1 without any {quality}
1 zero {quality}
2 {thing} left a lot to be desired
1 {thing} leaves much to be desired
1 {subject} a complete waste of {money}
2 {subject is not} worth the {price}
2 {subject is not} worth it
2 {subject is not} as {plain adj+} as {expected}
2 {subject is not} what {expected}
1 {subject} less than {adj+}
1 {subject is not} up to {par}
1 {subject} nothing to write home about
1 {thing} did not impress me
1 {thing} did not live up to the {hype}
1 {thing} fell short
1 {thing} fell flat
1 {thing} never delivers
1 {thing} failed to impress
1 {thing} ruined it for me
1 {thing} ruined our {time span}
1 {thing} spoiled the {time span}
1 {thing} made me sick
1 {thing} made me angry
1 {thing} drove me crazy
1 {thing} gave me a headache
1 the problem is {thing}
1 my only complaint is {thing}
1 the main problem with it is {thing}
1 shame on {stuff}
1 there is no excuse for {stuff}
1 {thing} went downhill
1 {thing} went from {adj+} to {adj-}
1 {thing} used to be {adj+}
1 {thing} needs work
1 {thing} needs a lot of improvement
1 hardly {adj+}
1 hardly worth the {price}
1 I am not a fan of {stuff}
1 I can't say {subject} {adj+}
1 {subject} anything but {adj+}
1 no one could find {stuff} {adj+}
1 {thing} never works
1 don't even get me started on {stuff}
1 I was expecting {plain adj+} {any} and got {plain adj-} {any}
1 where is the {quality}
1 what is wrong with {stuff}
1 how can {thing} be so {plain adj-}
1 why is {thing} so {plain adj-}
1 who thought that {thing} was {adj+}

[has+]
3 full of {virtue}
1 {thing} is full of {virtue}
2 {thing} has {virtue}
1 {thing} has {virtue} and {virtue}
1 {thing} has so much {virtue}
1 lots of {virtue}
2 made with {virtue} and {virtue}
1 {thing} shows {virtue}
1 with {virtue} and {virtue}
1 packed with {virtue}
1 plenty of {virtue}
1 a {plain adj+} mix of {virtue} and {virtue}
1 the {virtue} makes up for the {vice}
1 {stuff} with {virtue}
1 {stuff} without {vice}
1 no {vice}
1 free of {vice}
1 the {kind}'s {virtue} is {adj+}
1 no {vice}, just {virtue}
1 I love the {virtue} of {stuff}
[has-]
3 full of {vice}
2 {thing} is full of {vice}
1 {thing} has nothing but {vice}
1 {thing} has too much {vice}
1 lots of {vice}
1 too much {vice}
1 so much {vice}
1 nothing but {vice}
1 {vice} and {vice} everywhere
1 {vice}, {vice} and more {vice}
1 {thing} suffers from {vice}
1 plagued by {vice}
1 {vice} ruined {stuff}
1 I can't stand the {vice}
1 tired of the {vice}
1 the {vice} is unbearable
1 {thing} lacks {virtue}
2 {thing} has no {virtue}
2 no {virtue}
1 no {virtue}, no {virtue}
1 without {virtue}
1 devoid of {virtue}
1 {thing} needs more {virtue}
1 where is the {virtue}
1 not enough {virtue}
1 little {virtue}
1 the {kind}'s lack of {virtue}
1 {vice} instead of {virtue}
1 more {vice} than {virtue}
1 an absence of {virtue}
1 {stuff} without {virtue}
1 there is no {virtue} here

[I was]
4 I was
4 I am
2 I'm
3 we were
1 we are
1 I have been

[not once]
not once
never
at no time
[better+]
better
so much better
much better
[better-]
worse
far worse
much worse
[best+]
4 best
1 greatest
1 finest
1 nicest
1 most enjoyable
1 freshest
1 friendliest
1 most delicious
1 most amazing
1 funniest
1 most beautiful
1 most helpful
1 most comfortable
1 tastiest
1 coolest
[best-]
6 worst
1 most boring
1 rudest
1 poorest
1 slowest
1 dirtiest
1 stupidest
1 most annoying
1 dumbest
1 most disappointing
1 most ridiculous
1 blandest
1 lousiest
1 ugliest
1 cheapest looking
1 least helpful
1 least interesting
1 most overrated
1 most horrible
1 saddest
[ever]
3 {}
2 ever
3 I have ever {seen}
2 we have ever {seen}
2 I've ever {seen}
2 in {town}
1 of all time
1 of the year
1 in years
1 in a long time
1 around
1 by far
1 I have {seen} in years
[seen]
had
tried
experienced
come across
[dining.seen]
tasted
eaten
been to
[cinema.seen]
3 seen
2 watched
1 sat through
1 read
[product.seen]
owned
used
bought
[travel.seen]
seen
been to
visited
stayed at
[service.seen]
used
dealt with
been to
[town]
town
the city
the area
the valley
the world
las vegas
the country
the state
the neighborhood
[expected]
I expected
we expected
expected
I thought
I had hoped
I remembered
I imagined
the reviews said
advertised
I was told
described
the photos suggest
[any other]
any other
all the others
most
the rest
the competition
the original
[price]
price
money
time
drive
effort
trip
wait
hype
[money]
money
time
time and money
my time
an evening
space
energy
two hours
film
[penny]
penny
cent
dollar
minute
[par]
par
standard
expectations
the hype
scratch
[hype]
hype
reviews
price
promise
expectations
ads
first one
[me]
me
us
my taste
the price
our group
a family
what it is
anyone
[works]
4 works
2 worked
1 performs
1 has worked
1 turned out
1 came out
1 does the job
[done]
done
made
cooked
prepared
written
acted
directed
designed
built
executed
handled
organized
presented
managed
treated
put together
packaged
served
produced
thought out
explained
maintained
[adv+]
beautifully
brilliantly
wonderfully
perfectly
superbly
cleverly
nicely
masterfully
lovingly
skillfully
exquisitely
[adv-]
poorly
badly
terribly
horribly
carelessly
sloppily
awfully
cheaply
lazily
[tooword]
long
short
small
big
expensive
loud
slow
salty
sweet
spicy
greasy
cold
hot
heavy
thin
complicated
dark
tight
late
crowded
noisy
weak
strong
predictable
much
far
hard
rich
pricey
silly
high
low
bright
dry
fragile
bulky
[enough word]
good
big
long
loud
strong
hot
clear
fresh
fast
bright
clean
funny
warm
close
sturdy
comfortable
[quality]
flavor
flavour
taste
quality
charm
character
depth
substance
imagination
originality
atmosphere
personality
seasoning
variety
professionalism
respect
courtesy
style
heart
soul
suspense
humor
common sense
value
care
consistency
power
chemistry
attention to detail
class
credibility
customer service
manners
[time span]
evening
night
day
trip
weekend
stay
experience
meal
dinner
visit
birthday
holiday
movie
vacation
[known]
read the reviews first
gone somewhere else
stayed home
bought something else
saved our money
known before
listened to my friends
never gone there
skipped it
never bought it
zero stars to give

[hope+]
{we} expected it to be {adj+}
{we} had high hopes
{we} wanted to like it
{we} really wanted to love it
{it} sounded {adj+}
{it} looked {adj+} in the pictures
the reviews were {adj+}
{someone} told me it was {adj+}
it started out {adj+}
{it} used to be {adj+}
the idea is {adj+}
{it} had potential
it got rave reviews
{subject} okay
[hope-]
{we} expected it to be {adj-}
{we} were skeptical at first
{we} had low expectations
{we} did not expect much
{it} sounded {adj-}
the reviews were {adj-}
{someone} told me it was {adj-}
it started out {adj-}
{it} used to be {adj-}
{we} had our doubts
{we} almost didn't go
there was a wait
it is not cheap
it's a bit pricey
it took some getting used to
nobody is perfect
it is a little out of the way

[stars+]
five stars
1 5 stars
five out of five
1 10 out of 10
ten out of ten
a solid 9
four stars
two thumbs up
thumbs up
an a plus
a big thumbs up
full marks
1 10/10
a perfect ten
all the stars
[stars-]
one star
1 1 star
zero stars
no stars
1 2 stars at most
two thumbs down
thumbs down
a big thumbs down
an f
a d minus
zero out of ten
1 1 out of 10
a 2 out of 10
negative stars
half a star
1 3/10

[opening]
overall,
honestly,
to be honest,
in short,
in the end,
all in all,
first of all,
well,
wow,
and
so
also,
plus,
seriously,
basically,
as for {stuff},
again,
once again,
I must say
I have to say
I think
I guess
I would say
in my opinion,
let me tell you,
bottom line:
as a {kind} lover,
this time
really,
oh man,
yes,
in fact,
for one thing,
needless to say,
I have to admit,
just to be clear,
[aside]
for {price word} dollars
at this price
for the price
after {number} {units}
for a {kind}
with {number} {many}
for what you pay
compared to other {many}
considering the price
as {someone} said
this being {place}
between you and me
[price word]
1 5
1 10
1 15
1 20
1 30
1 50
1 100
1 200
[number]
two
three
four
five
six
ten
a couple of
a few
several
[units]
days
weeks
months
years
hours
minutes
visits
uses
tries

[context]
4 {we} went {place} {time}
3 {we} went there {reason}
4 {we} ordered {object}
3 {we} had {object}
3 {we} got {object}
3 {someone} ordered {object}
3 {we} bought {object} {time}
2 {we} bought {object} {reason}
2 {we} tried {object} {time}
2 {we} came here {reason}
2 {we} came here with {someone}
2 {we} were there {time}
2 {we} stopped by {time}
2 {we} visited {time}
2 {we} watched it with {someone}
2 {we} saw it {time}
2 {someone} gave it to me {time}
2 {someone} and I shared {object}
1 {someone} bought one {time}
1 {we} stayed for {number} {units}
1 {we} have had it for {number} {units}
1 {we} used it {reason}
1 {we} took {someone} there {time}
1 {we} drove by {time}
1 {we} sat outside
1 {we} read about it {place}
1 {we} picked it up {time}
1 {we} called {time}
1 {we} booked it online
1 {we} live {place}
1 {we} were staying {place}
1 {it} opened {number} {units} ago
1 {it} is {place}
1 they are {place}
1 {it} came with {object}
1 {it} is about {number} people {place}
1 {it} costs {price word} dollars
1 {it} was shot {place}
1 {it} tells the story of {someone}
1 {it} is based on a book
1 it has {number} {many}
1 the other {kind} is {place}
1 {someone} had {object} and I had {object}
1 {someone} was with me
1 we brought the kids
1 my parents came along
1 our friends were there too
1 {it} was our {ordinal} time
1 {it} was my {ordinal} {kind}
1 {we} sat at the bar
1 there were {number} of us
1 {someone} works {place}
1 {we} asked for {object}
1 I plugged it in
1 I opened the box {time}
1 I am {number} years into this
1 {someone} has one too
1 I usually use another brand
1 I own {number} like it
1 I have never written a review before
1 {we} walked in {time}
1 {we} paid {price word} dollars for it
1 {someone} works there
1 it comes in {number} colors
1 {it} is on the menu
1 the story is about {someone}
1 the story takes place {place}
1 {actor} plays {someone}
1 {it} was made in the {decade}
1 {we} rented it {time}
1 {we} tried the other {kind} too
1 there is another {kind} {place}
1 that was {number} {units} ago
[decade]
seventies
eighties
nineties
sixties
[ordinal]
first
second
third
[when]
{time}
{place}
{reason}
when {we} were {place}

[verdict+]
4 {we} will {definitely} be back
3 {we} will {definitely} {return again}
2 {we}'ll be back
2 can't wait to go back
2 {we} can't wait to {return again}
2 {we} would {definitely} {return again}
3 highly recommended
3 highly recommend {it}
3 I {definitely} recommend {it}
3 I would recommend {it} to {anyone}
2 recommended
1 I recommend {it} to {anyone}
1 I have recommended it to {anyone}
2 do yourself a favor and {try} it
2 {try} it
1 you won't regret it
1 you will not be disappointed
2 {we} were not disappointed
1 you will love it
1 go {try} it now
1 don't miss it
1 don't miss this one
1 a must for {anyone}
2 worth every {penny}
2 {well} worth the {price}
1 {we} would do it again in a heartbeat
1 {we} would pay twice as much
1 I want another one
1 {we} are going back {time future}
1 {we} keep coming back
1 {we} come here all the time
1 {we} have been coming here for years
1 our new favorite {kind}
1 this is our go to {kind}
1 this is my new favorite
1 {someone} wants one too
1 {someone} loved it
2 love it
2 {we} love it here
2 {we} {loved+} it
2 {we} {loved+} this {kind}
1 loved it
2 I'm a fan
2 great job
2 well done
1 keep up the good work
1 thank you
1 thanks
1 thumbs up
1 yum
1 yay
1 wow
1 bravo
1 enjoy
1 no complaints
1 no complaints here
1 no problems so far
1 so far so good
1 what more could you want
1 what more can I say
1 can't ask for more
1 couldn't ask for a better {kind}
1 you can't beat it
1 it doesn't get better
1 never disappoints
1 10 out of 10
1 ten stars
1 it made my day
1 {it} was love at first sight
1 I am glad I found it
1 I am glad we went
1 so glad {we} tried it
1 I'm so happy I bought it
1 best decision ever
1 best purchase I ever made
1 money well spent
1 time well spent
1 give it a try
1 give it a chance
1 check it out
1 you have to try it
1 you must see it
1 buy it
1 get one
1 go see it
1 go for it
1 not bad
1 not bad at all
1 not too shabby
1 can't complain
1 I will never go anywhere else
1 I won't go anywhere else
1 I would not change a thing
1 you can't go wrong
1 exactly what {we} wanted
1 it is everything {we} wanted
1 I would buy from them again

[verdict-]
4 {we} will {not} be back
3 {we} won't be back
3 {we} will {not} {return again}
3 {we} won't {return again}
2 {we} would {not} {return again}
2 never again
2 I will never {return again}
2 {we} are never going back
2 {we} will never {return again}
3 I would not recommend {it}
2 I would not recommend {it} to {anyone}
2 I don't recommend {it}
2 I do not recommend {it}
2 I can't recommend {it}
1 not recommended
3 don't waste your {money}
2 do not waste your {money}
2 save your {money}
2 a waste of {money}
2 what a waste of {money}
2 {it} was a waste of {money}
1 a total waste of {money}
3 avoid
2 avoid {it}
2 avoid at all costs
2 stay away
2 stay away from {it}
1 run away
1 beware
1 buyer beware
1 don't bother
1 don't go there
2 don't buy it
2 do not buy {it}
1 don't believe the {hype}
1 skip it
1 skip this one
2 I {loved-} it
2 {we} {loved-} this {kind}
1 {we} {loved-} everything
1 I regret {buying} it
2 I regret {buying} it
1 I regret {buying} this {kind}
1 I was sorry that {we} went
1 I wish {we} had {known}
1 {we} should have {known}
1 {we} want our money back
1 I want my money back
1 I asked for a refund
1 I want those {number} hours back
1 I'll never get that time back
1 go somewhere else
1 there are better {many} out there
1 look elsewhere
1 {we} will go elsewhere
1 {we} will take our business elsewhere
1 I'd rather {rather}
1 {we} have been to better {many}
1 {we} have had better
1 I've had better
1 {it} was a mistake
1 big mistake
1 very disappointing
1 disappointing
2 disappointed
1 what a disappointment
1 so disappointed
1 not good
1 not worth it
1 not worth the {price}
1 {it} is not worth your {money}
1 {it} isn't worth the {price}
1 not impressed
1 not for me
1 not my cup of tea
1 no thanks
1 no thank you
1 never ever
1 thumbs down
1 what were they thinking
1 what a joke
1 what a shame
1 shame on them
1 they should be ashamed
1 they don't care
1 nobody cares
1 yuck
1 ugh
1 eww
1 gross
1 boo
1 blah
1 meh
1 zero stars
1 if I could give zero stars I would
1 I am done
1 done with this {kind}
1 I give up
1 you get what you pay for
1 you have been warned
1 fool me once
1 worst purchase ever
1 worst decision ever
1 money down the drain
1 buy something else
1 spend your money elsewhere
1 send it back
1 I am returning it
1 I returned it
1 I had to return it
1 I sent it back
1 I threw it away
1 it went in the trash
1 back to the store it goes
1 please fix this
1 I want to cry
1 pass
1 hard pass

[definitely]
3 {}
3 definitely
1 certainly
1 surely
1 for sure
1 gladly
1 always
1 absolutely
1 happily
[not]
4 not
3 never
1 definitely not
1 not ever
1 certainly not
[well]
2 well
1 {}
1 totally
1 definitely
1 so
[try]
try
see
get
buy
visit
order
check out
[return again]
come back
return
go back
go again
visit again
recommend it
go there again
use it again
[dining.return again]
eat here again
order again
order from here again
dine here again
come here again
come back for more
[cinema.return again]
2 watch it again
2 see it again
1 read it again
1 rent it again
1 watch it with the kids
1 see anything by this director
[product.return again]
3 buy it again
1 buy this brand again
1 buy from them again
1 order another one
1 purchase this again
1 shop here again
[travel.return again]
2 stay here again
1 stay there again
1 book with them again
1 fly with them again
1 travel with them again
[service.return again]
2 use them again
1 call them again
1 go to them again
1 do business with them again
1 shop here again
1 hire them again
[anyone]
anyone
everyone
all my friends
friends and family
others
all
anybody
my family
my worst enemy
people
families
{someone}
anyone who likes {many}
[buying]
buying
ordering
going
watching
booking
trying
choosing
renting
paying for
reading
getting
eating
seeing
visiting
taking
[rather]
eat at home
stay home
watch paint dry
go hungry
walk
eat dirt
use my old one
sleep in my car
do it myself
[time future]
tomorrow
next week
soon
this weekend
next year
again and again

[event+]
8 {we} had a {plain adj+} time
3 {we} had a {things+}
3 everything was {adj+}
3 everything worked {manner+}
2 it was {done} {manner+}
2 nothing was {adj-}
2 {we} {loved+} everything
2 {we} {loved+} every minute of it
2 it was worth the {price}
2 it was worth every {penny}
1 {we} got our money's worth
1 {we} got more than we paid for
1 {we} had no problems at all
1 {we} never had a problem
1 there was nothing to complain about
1 {we} could not find anything wrong
1 I couldn't be happier
1 {someone} couldn't be happier
1 we could not be more pleased
1 {someone} was all smiles
1 {someone} is very happy with it
1 they went out of their way to help us
1 they went above and beyond
1 they made us feel welcome
1 they made us feel at home
1 they treated us like family
1 they treat you like a king
1 they take good care of you
1 they know what they are doing
1 they really care
1 they have earned a customer for life
1 they thought of everything
1 they fixed it right away
1 they made it right
1 they gave us a discount
1 they replaced it for free
1 they gave us {object} on the house
1 it came with free {many}
1 it exceeded {our} expectations
1 it surpassed all {our} expectations
1 it was more than {we} expected
1 it was better than {expected}
1 it lived up to the {hype}
1 it deserves all the praise
1 it made {someone} so happy
1 it brought a smile to my face
1 it put us in a good mood
1 it is always a pleasure
1 it is always {adj+}
1 it never gets old
1 it never lets me down
1 it felt like home
1 {we} felt right at home
1 you get a lot for your money
1 you get your money's worth
1 the price is right
1 the price was {right price}
1 the prices are {right price}
1 I was impressed from the start
1 it gets better every time
1 it gets better and better
1 there is something for everyone
1 it has everything you need
1 it has it all
1 two big thumbs up
1 {we} were in and out in {number} minutes
1 {we} didn't have to wait
1 {we} could not have asked for more
1 even {someone} liked it
1 even {someone}, who hates everything, loved it
1 {someone} raves about it
1 I rave about it to everyone
1 I told all my friends about it
1 I have told everyone about it
[our]
our
my
all
[right price]
right
fair
reasonable
very reasonable
great
unbeatable
good
so cheap
more than fair
affordable

[event-]
8 {we} had a {plain adj-} time
3 {it} was a {things-}
3 everything was {adj-}
2 it was {done} {manner-}
2 nothing was {adj+}
2 nothing {works}
2 nobody {helped}
2 no one {helped}
1 {we} {loved-} every minute of it
1 {it} was not worth the {price}
1 {it} was not worth a {penny}
1 {we} paid too much
1 {we} paid for nothing
1 {we} got nothing for our money
1 {we} did not get what we paid for
1 {we} got ripped off
1 {we} were overcharged
1 they overcharged us
1 they charged us twice
1 they charged me for {object} I never got
1 they charge too much
1 they charge extra for everything
1 they ripped us off
1 they lied to us
1 they lied about everything
1 they lost our {order}
1 they lost my business
1 they lost a customer
1 they forgot our {order}
1 they forgot {object}
1 they messed up our {order}
1 they got our {order} wrong
1 they screwed up the {order}
1 they ignored us
1 they ignored my {calls}
1 they treated us like dirt
1 they treated us badly
1 they were out of {object}
1 they ran out of {object}
1 they refused to {help}
1 they would not {help}
1 they couldn't {help}
1 they didn't {help}
1 they did not even {help}
1 they never {helped}
1 they could care less
1 they don't care about customers
1 they don't know what they are doing
1 they have no idea what they are doing
1 they have no clue
1 they only want your money
1 they took our money and {helped not}
1 they kept us waiting
1 they blamed us
1 they yelled at {someone}
1 they laughed at {someone}
1 they rolled their eyes
1 they rushed us out
1 they argued with us
1 they hung up on me
1 they put me on hold for an hour
1 they keep making excuses
1 {we} waited and waited
1 {we} waited {number} hours
1 {we} waited forever for {object}
1 {we} waited for {number} {units} and {helped not}
1 {we} had to wait {number} hours
1 {we} had to wait forever
1 {we} had to ask {number} times
1 {we} had to {had to}
1 it took {number} hours to get {object}
1 it took forever
1 it took {number} hours
1 it took them an hour
1 {we} walked out
1 {we} left
1 {we} left hungry
1 {we} left early
1 {we} got up and left
1 {we} got sick
1 {someone} got sick
1 {someone} was in tears
1 {someone} cried
1 {someone} refused to go back
1 {someone} hated it
1 {someone} fell asleep
1 {we} complained to the manager
1 {we} complained and {helped not}
1 {we} asked for the manager
1 {we} asked for {object} and never got it
1 I still have not received {object}
1 I still haven't heard back
1 I never got {object}
1 I never received {object}
1 I never got an answer
1 I never got a refund
1 I am still waiting for {object}
1 I am still waiting
1 I had to cancel
1 I had to throw it away
1 I called {number} times and {helped not}
1 it let us down
1 it made no difference
1 it made things worse
1 it went downhill from there
1 it gets worse and worse
1 it gets worse every time
1 it keeps getting worse
1 it could not get any worse
1 it has gone downhill
1 it ruined my day
1 it ruined our {time span}
1 it does not deserve {stars}
1 it didn't do anything for me
1 there is nothing good about it
1 there is nothing {adj+} about it
1 there was a hair in {object}
1 there was nothing for {someone}
1 there was no apology
1 there was no excuse
1 no apology
1 not even an apology
1 no refund
1 no one apologized
1 no one said sorry
1 no one came to our table
1 no one answered the phone
1 the price was {wrong price}
1 the prices are {wrong price}
1 for this price it should be better
1 it's not what it used to be
1 I could do better myself
1 I have seen better in {place word}
1 I had to {had to}
1 something was wrong with it
1 everything went wrong
1 I had to fight for a refund
1 the health department should {close them}
[order]
order
reservation
luggage
food
drinks
papers
package
appetizer
[calls]
calls
emails
complaint
questions
order
request
[help]
help
help us
listen
apologize
refund my money
give me a refund
give us a refund
fix it
honor the warranty
replace it
take it back
answer
explain
let us in
seat us
check on us
refill our drinks
acknowledge us
say hello
say sorry
bother
call back
return my call
exchange it
do anything
[helped]
helped us
cared
listened
answered
called back
apologized
showed up
checked on us
knew anything
knew what to do
came
smiled
responded
fixed it
replied
paid attention
[helped not]
nobody came
nothing happened
nobody cared
no one helped
they did nothing
never got it
they never showed up
they ignored me
we got nothing
it never came
they didn't care
[had to]
send it back
ask for water
ask for the bill
beg for service
return it
buy a new one
call three times
wait outside
leave
change rooms
pay extra
throw it out
clean it ourselves
flag down the waiter
repeat myself
stop eating
cancel
fight for it
go somewhere else
walk out
turn it off
take it back
[stars]
five stars
one star
any stars
a star
[wrong price]
too high
outrageous
ridiculous
a joke
insane
way too high
unreasonable
crazy
a rip off
absurd
excessive
[place word]
a prison
a school play
high school
a gas station
an airport
a hospital
[close them]
close them
shut them down
visit

[dining.event+]
2 the portions were {huge}
1 we licked our plates clean
1 we cleaned our plates
1 it melted in my mouth
1 it melts in your mouth
1 it just melts in your mouth
1 it tasted like home
1 everything tasted {adj+}
1 it hit the spot
1 our food came out quickly
1 the food came out {manner+}
1 our drinks were never empty
1 we were seated right away
1 we were seated immediately
1 we got our food in minutes
1 they have a great selection of {many}
1 the menu has something for everyone
1 I dream about {object}
1 I could eat here every day
1 I could drink it all day
1 I ate every bite
1 it was cooked to perfection
1 the {kind} was cooked perfectly
1 the meat falls off the bone
1 we ate until we could not move
1 it satisfied my craving
1 you can taste the {fresh}
1 the chef came out to say hello
1 our server was {adj+}
1 our waiter took great care of us
1 our glasses were always full
1 we all left full and happy
1 I was craving {many} and this did the trick
1 the bartender makes a mean {kind}
1 this place has soul
1 the flavors dance on your tongue
1 it blew our minds
1 we got a free dessert
1 leftovers were great the next day
1 we go here every week
1 I always get {object}
[huge]
huge
generous
big
large
plentiful
more than enough
perfect
[fresh]
freshness
love
quality
difference
[dining.event-]
2 the portions were {tiny}
1 I could not eat it
1 I couldn't finish it
1 I couldn't eat it
1 I spit it out
1 I had to spit it out
1 we sent it back
1 we sent back {object}
1 it tasted like {yuck}
1 it tasted like {yuck}
1 everything tasted like {yuck}
1 it smelled like {yuck}
1 the place smelled like {yuck}
1 it was like eating {yuck}
1 it had no taste
1 it had no flavor
1 it had zero taste
1 I got food poisoning
1 we all got food poisoning
1 {someone} threw up
1 it made me sick
1 my stomach hurt all night
1 I was sick for {number} days
1 there was a hair in my {kind}
1 I found a hair in my food
1 I found a {bug} in my {kind}
1 there was a {bug} on the table
1 there were {bug}s everywhere
1 our food came out cold
1 our food never came
1 the food took an hour
1 the food took forever to come out
1 it took an hour for our food to arrive
1 we waited {number} minutes to be seated
1 we waited {number} minutes for the check
1 we waited {number} minutes before anyone came
1 our waiter disappeared
1 our waitress disappeared
1 our server never came back
1 our server forgot {object}
1 the waiter spilled {object}
1 the waiter never refilled our water
1 our drinks sat empty
1 the table was sticky
1 the glasses were dirty
1 there was lipstick on my glass
1 the bathroom had not been cleaned
1 my {kind} was raw in the middle
1 the {kind} was still frozen
1 the {kind} came with no {many}
1 half of the menu was not available
1 you can get better at {chain}
1 I have had better at {chain}
1 {chain} is better than this
1 they were out of everything
1 they brought the wrong {kind}
1 they brought me the wrong order
1 the bill was wrong
1 we left most of it on the plate
1 it came out of a can
1 {person word} would not eat it
1 I wouldn't feed it to my dog
1 they need to learn how to cook
1 I paid {price word} dollars for {object}
1 you could see the grease
1 it was drowning in sauce
1 I had to drown it in ketchup
[tiny]
tiny
too small
very small
small
ridiculously small
laughable
a joke
stingy
[yuck]
cardboard
rubber
plastic
dog food
dirt
soap
feet
vomit
garbage
sewage
mold
old oil
leather
nothing
dishwater
glue
a wet dog
smoke
medicine
paper
chemicals
metal
[bug]
fly
bug
cockroach
roach
[chain]
a gas station
the airport
home
the grocery store
a fast food place
a food court
any other place
the supermarket
[person word]
my dog
a dog
a hungry person
even a starving man

[cinema.event+]
1 I laughed out loud
1 we laughed so hard we cried
1 {we} laughed the whole time
1 it made me laugh and cry
1 I cried at the end
1 it moved me to tears
1 it touched my heart
1 it keeps you guessing
1 it kept me guessing until the end
1 it keeps you on the edge of your seat
1 I was on the edge of my seat
1 I was hooked from the first {minute}
1 it grabs you from the first {minute}
1 it held my attention throughout
1 I couldn't put it down
1 I could not stop watching
1 I couldn't take my eyes off it
1 I could watch it over and over
1 I have watched it {number} times
1 I never get tired of it
1 it never gets boring
1 it stays with you
1 it stayed with me for days
1 it makes you think
1 it will make you think
1 it restored my faith in {many}
1 it gave me chills
1 it gave me goosebumps
1 it stands the test of time
1 it deserves an oscar
1 it deserved every award
1 the director {nailed}
1 {actor} {nailed}
1 the actors {nailed}
1 the lead gives a {plain adj+} performance
1 the chemistry between the leads is {adj+}
1 there is not a wasted moment
1 there isn't a dull moment in it
1 there was never a dull moment
1 the time flew by
1 two hours flew by
1 it captures the spirit of the book
1 it captures {mood} perfectly
1 you really care about the characters
1 you root for the characters
1 you will laugh and you will cry
1 it is {adj+} from start to finish
1 it is full of {plain adj+} {many}
1 it has a lot of heart
1 it is a film that everyone should see
1 one of my all time favorites
1 I bought the dvd
1 I saw it twice in one week
1 it is one of those rare {many} that get everything right
1 the audience clapped at the end
1 it shows what cinema can be
1 it manages to be both {adj+} and {adj+}
1 it is a {plain adj+} look at {mood}
1 it is a {plain adj+} portrait of {mood}
1 the twist took me by surprise
1 I was glued to the screen
1 I was in stitches
1 it holds up well today
1 {actor} is at the top of {his} game
1 {actor} shines
1 {actor} steals the show
1 {actor} steals every scene
1 {actor} carries the film
1 {actor} delivers a {plain adj+} performance
1 {actor} is {adj+} in it
1 {actor} does a great job
1 {actor} is a genius
1 {actor} brings the character to life
[nailed]
did a great job
did a wonderful job
nailed it
knows what he is doing
outdid himself
gave it their all
deserves an award
pulled it off
[minute]
minute
page
scene
episode
frame
[mood]
love
war
childhood
family life
small town life
the times
friendship
loneliness
history
the era
human nature
growing up
[actor]
the lead
the main actor
the young actress
the director
the villain
the writer
the supporting cast
the star
she
he
the child actor
everyone
the narrator
[his]
his
her
their
[cinema.event-]
1 I fell asleep
1 I almost fell asleep
1 I nearly fell asleep twice
1 it put me to sleep
1 it put us to sleep
1 I walked out
1 we walked out after {number} minutes
1 I turned it off
1 I turned it off after {number} minutes
1 I couldn't finish it
1 I could not sit through it
1 I could hardly sit through it
1 I kept looking at my watch
1 I kept checking my watch
1 I kept waiting for it to end
1 I couldn't wait for it to end
1 I want my {number} hours back
1 I lost {number} hours of my life
1 I'll never get those hours back
1 I was bored out of my mind
1 I was bored to tears
1 I did not laugh once
1 I didn't laugh once
1 nobody in the theater laughed
1 the jokes fall flat
1 none of the jokes worked
1 there is no plot
1 there was no plot
1 there is no story
1 there is no character development
1 there was no suspense
1 there are no surprises
1 nothing happens
1 nothing ever happens
1 it makes no sense
1 it made no sense
1 none of it made sense
1 the plot makes no sense
1 the plot is full of holes
1 you can see the ending coming
1 I saw the ending coming
1 you know what will happen
1 I did not care about the characters
1 you don't care about anyone
1 I couldn't have cared less about the characters
1 it drags
1 it drags on and on
1 it goes nowhere
1 it goes on forever
1 it takes forever to get going
1 it tries too hard
1 it tries to be funny but isn't
1 it tries to be {adj+} and fails
1 it fails on every level
1 it fails to be {adj+}
1 it falls apart in the second half
1 it runs out of ideas
1 it is an insult to the {fans}
1 it insults your intelligence
1 it ruins the book
1 it butchers the book
1 the book was much better
1 the original was much better
1 the trailer was better than the film
1 the actors look bored
1 the actors can't act
1 nobody in it can act
1 {actor} can't act
1 {actor} can not act to save {his} life
1 {actor} was miscast
1 {actor} was wasted in this
1 {actor} overacts
1 {actor} should be ashamed
1 {actor} is just annoying
1 {actor} seemed bored
1 {actor} should stick to tv
1 {actor} phones it in
1 the effects look fake
1 the dialogue sounds fake
1 the camera shakes
1 you can't hear half of the dialogue
1 how did this get made
1 how did anyone approve this
1 who wrote this
1 whoever wrote this should {shame}
1 I have seen better acting in {place word}
1 I tried to like it
1 it left me cold
1 it does nothing new
1 we've seen it all before
1 it has been done before
1 it's just an excuse for {many}
1 it's two hours of nothing
1 it should have been {number} minutes shorter
1 it was painful to watch
1 it hurts to watch
1 it lacks any kind of {quality}
1 even the {many} were bad
1 not even {actor} could save it
1 not even the {many} could save it
1 there is nothing {adj+} in it
[fans]
fans
audience
viewer
original
book
intelligence
[shame]
be ashamed
be fired
find another job
go back to school

[product.event+]
1 it works {manner+}
1 it works great
1 works great
1 works well
1 works perfectly
1 it works like a charm
1 it works as advertised
1 it does exactly what it says
1 it does what it should
1 it does the job
1 does the job
1 it gets the job done
1 it still works after {number} years
1 it has lasted for years
1 it has held up well
1 it holds up well
1 it holds a charge
1 the battery lasts {number} days
1 the battery lasts all day
1 it charges quickly
1 it charges in no time
1 it fits perfectly
1 it fits like a glove
1 fits perfectly
1 it fits my {kind} perfectly
1 it arrived on time
1 it arrived early
1 it came {number} days early
1 it shipped fast
1 fast shipping
1 it arrived in perfect condition
1 it was easy to set up
1 it is easy to use
1 it is so easy to use
1 it was easy to install
1 it took {number} minutes to set up
1 I use it every day
1 I use it all the time
1 {someone} uses it every day
1 I have had no problems with it
1 I have had no issues
1 I had no trouble setting it up
1 no trouble at all
1 I have bought {number} more
1 I ordered a second one
1 I bought one for {someone}
1 I bought another one for {someone}
1 I would buy it again
1 I'd buy another
1 it looks great
1 it looks and feels great
1 it feels solid in my hand
1 it sounds great
1 it saves me a lot of time
1 it saved me a lot of money
1 it makes my life easier
1 it is just what I needed
1 it is exactly what I needed
1 it was exactly what I wanted
1 it is exactly as described
1 as described
1 it looks just like the picture
1 it survived a drop
1 I get compliments all the time
1 I got lots of compliments
1 {someone} loves it
1 my kids love it
1 my dog loves it
1 the sound is clear
1 I can hear everything clearly
1 everyone can hear me
1 I get a full signal everywhere
1 it pairs with my phone in seconds
1 it connects right away
1 it stays in place
1 it keeps everything cool
1 it keeps my {kind} safe
1 it protects my phone
1 it cleans everything
1 it replaced my old one
1 beats my old one by far
1 it feels like new
1 it is light as a feather
1 don't hesitate to buy it
1 you can't beat the price
1 for the price you can't beat it
[product.event-]
1 it does not work
1 it doesn't work
1 doesn't work
1 does not work
1 it didn't work
1 did not work
1 it never worked
1 it barely works
1 it hardly works
1 it no longer works
1 it stopped working
1 it stopped working after {number} {units}
1 it quit working
1 it quit working after a week
1 it died
1 it died after {number} {units}
1 it broke
1 it broke after {number} {units}
1 it broke in two
1 it broke the first time I used it
1 it fell apart
1 it fell apart after {number} {units}
1 the {kind} broke off
1 the {kind} fell off
1 the {kind} came off
1 the {kind} cracked
1 the {many} fell off
1 it cracked
1 it snapped in half
1 it ripped
1 it tore after one use
1 it leaks
1 it leaked all over
1 it melted
1 it caught fire
1 it overheats
1 it gets too hot
1 it freezes
1 it keeps freezing
1 it crashes all the time
1 it keeps crashing
1 it shuts off by itself
1 it shuts itself off
1 it turns itself off
1 it won't turn on
1 it would not turn on
1 it wouldn't turn on
1 it won't charge
1 it would not charge
1 it will not hold a charge
1 it doesn't hold a charge
1 the battery dies
1 the battery dies after {number} hours
1 the battery died
1 the battery drains too fast
1 the battery runs down quickly
1 the battery doesn't last
1 the battery lasts only an hour
1 it drops calls
1 it keeps dropping calls
1 I can't hear anything
1 I could not hear anything
1 nobody can hear me
1 people can't hear me
1 people say I sound like {yuck sound}
1 it sounds like {yuck sound}
1 I get no signal
1 it loses the signal
1 it won't connect
1 it would not pair with my phone
1 it disconnects all the time
1 it does not fit
1 it doesn't fit
1 it did not fit
1 it doesn't fit my {kind}
1 it doesn't stay in place
1 it falls out of my ear
1 it keeps falling off
1 it hurts my ears
1 it hurts
1 it arrived broken
1 it arrived damaged
1 it arrived late
1 it arrived {number} weeks late
1 it came broken
1 it came with a missing {kind}
1 it never arrived
1 parts were missing
1 half of the parts were missing
1 it was used and scratched
1 it was dead on arrival
1 they sent me the wrong one
1 they sent the wrong color
1 they sent a used one
1 the seller never answered
1 the seller refused a refund
1 I had to send it back
1 I sent it back
1 I returned it the next day
1 I returned it for a refund
1 I had to buy another one
1 I had to replace it
1 I had to replace it after {number} {units}
1 I am on my {ordinal} one
1 I had nothing but problems with it
1 nothing but trouble
1 it has a lot of problems
1 it has problems
1 it feels cheap
1 it looks cheap
1 it looks nothing like the picture
1 it smells like plastic
1 it smells like chemicals
1 it scratches easily
1 it shrank in the wash
1 the color faded
1 it is not as described
1 not as described
1 not as advertised
1 it did not come with {object}
1 it is made of cheap plastic
1 it ruined my {kind}
1 it damaged my {kind}
1 it destroyed my {kind}
1 it scratched my {kind}
1 it was a pain to install
1 the instructions make no sense
1 there were no instructions
1 I could not get it to work
1 I couldn't get it to work
1 I can't get it to work
1 it lasted {number} days
1 it lasted only {number} {units}
1 it only lasted {number} {units}
1 it barely lasted a month
1 {number} {units} later it was dead
1 it makes a loud noise
1 it makes an annoying noise
1 it has a mind of its own
1 it is going back
1 I would not give it away
1 tech support was no help
1 the warranty is useless
1 they won't honor the warranty
1 I should have kept my old one
1 my old one was better
1 my old one worked better
[yuck sound]
a robot
I'm in a tunnel
I am under water
a tin can
static

[travel.event+]
1 we slept like babies
1 we slept very well
1 the bed was so comfortable
1 we woke up to a {plain adj+} view
1 we could see the ocean
1 the view took our breath away
1 we did not want to leave
1 we didn't want it to end
1 we extended our stay
1 we stayed an extra day
1 they upgraded our room
1 they upgraded us for free
1 they let us check in early
1 check in was quick and easy
1 everything was within walking distance
1 it was close to everything
1 everything was on time
1 our flight was on time
1 our luggage was there first
1 the kids had a blast
1 the kids loved the pool
1 the guide knew everything
1 the driver was waiting for us
1 we felt safe
1 we felt like royalty
1 they left chocolates on the bed
1 they cleaned the room every day
1 we made memories for life
1 it took our breath away
1 we saw dolphins
1 the water was warm and clear
1 we already booked for next year
1 we booked again for next year
1 the staff remembered our names
1 we had a room with a view
1 the weather was perfect
1 we relaxed by the pool all day
[travel.event-]
1 we could not sleep
1 we couldn't sleep because of the noise
1 I did not sleep at all
1 the walls were paper thin
1 we could hear the neighbors
1 there was no hot water
1 there was no water
1 there was mold in the shower
1 there was hair in the sink
1 there were stains on the sheets
1 there were bed bugs
1 we found {bug}s in the room
1 we found bed bugs
1 the toilet was broken
1 the toilet did not flush
1 the shower did not work
1 the air conditioner did not work
1 the elevator was broken
1 the wifi did not work
1 the pool was closed
1 the room smelled like {yuck}
1 the room smelled of smoke
1 the carpet was stained
1 the bed was like a rock
1 our room was not ready
1 they lost our reservation
1 they lost our luggage
1 they gave our room away
1 they would not let us check in
1 they charged us for {object}
1 they cancelled our flight
1 our flight was cancelled
1 our flight was delayed {number} hours
1 the flight was {number} hours late
1 the bus never came
1 the driver got lost
1 we missed our connection
1 we got stuck at the airport
1 we sat on the runway for {number} hours
1 we were stuck in traffic
1 we slept on the floor
1 we slept in our car
1 we changed hotels
1 we left after one night
1 we checked out early
1 we were robbed
1 somebody stole {object}
1 the photos are a lie
1 the pictures lie
1 it rained in our room
1 the hotel needs to be renovated
1 there was nothing to do
1 there were too many people
1 it was too crowded to see anything
1 the tour was cancelled
1 the tour was cut short
1 our guide did not speak english
1 it ruined our vacation
1 it ruined our honeymoon

[service.event+]
1 they called me back right away
1 they answered all my questions
1 he answered all of my questions
1 she answered all of my questions
1 she took the time to explain everything
1 he took his time
1 he was on time
1 they showed up on time
1 they arrived early
1 they came the same day
1 they finished ahead of time
1 they finished the job in {number} hours
1 they fixed my car in an hour
1 they fixed the problem
1 they solved my problem
1 they resolved the issue quickly
1 they took care of everything
1 they cleaned up after themselves
1 they did a great job
1 they did an {plain adj+} job
1 he did a wonderful job
1 she did an amazing job on my hair
1 my hair looks {adj+}
1 my car looks brand new
1 my teeth look great
1 my back feels better
1 it did not hurt at all
1 I didn't feel a thing
1 I never feel rushed
1 I trust them
1 I trust him with my car
1 I would trust them with anything
1 they saved my life
1 they saved me a lot of money
1 they saved the day
1 they charged less than quoted
1 they beat any other price
1 they refunded my money without question
1 they sent a replacement right away
1 they helped me find what I needed
1 they listen to you
1 they remember my name
1 they are always there for you
1 I got a refund the same day
1 I found everything I needed
1 my package came the next day
1 my son learned so much
1 my daughter loves her teacher
1 my dog loves going there
1 everyone greeted us with a smile
1 no pressure, no hassle
1 I have been a loyal customer for years
1 I switched to them and never looked back
[service.event-]
1 they never called me back
1 they never called back
1 they never showed up
1 they showed up {number} hours late
1 they did not show up
1 they cancelled at the last minute
1 they don't return calls
1 they don't answer the phone
1 they do not answer emails
1 nobody answers the phone
1 I was on hold for {number} hours
1 I was on hold forever
1 I was transferred {number} times
1 I had to call {number} times
1 I had to do it myself
1 I had to take it somewhere else
1 I had to hire someone else
1 they broke my {object word}
1 they damaged my {object word}
1 they ruined my {object word}
1 they scratched my {object word}
1 they lost my {object word}
1 they did not fix anything
1 they did not fix the problem
1 they didn't fix it
1 they made it worse
1 they made the problem worse
1 they did a terrible job
1 they did a {plain adj-} job
1 he did a horrible job
1 she butchered my hair
1 she cut it too short
1 my hair fell out
1 my nails chipped the next day
1 it hurt for days
1 it still hurts
1 it still leaks
1 it is still broken
1 he did not listen
1 he didn't listen to me
1 she did not explain anything
1 he was {number} hours late
1 he talked down to me
1 she was rude to {someone}
1 he tried to sell me things I didn't need
1 they tried to sell me things I don't need
1 they tried to scam me
1 they took advantage of us
1 they took {number} months
1 they keep raising the price
1 they raised the price without telling us
1 they added hidden fees
1 there were hidden fees
1 they refused to give my deposit back
1 they kept my deposit
1 they sold my information
1 they sent me to collections
1 they charged my card {number} times
1 they charged my credit card twice
1 they canceled my order
1 they denied my claim
1 they denied everything
1 I am filing a complaint
1 I reported them
1 I will report them
1 I closed my account
1 I cancelled my membership
1 I switched to another company
1 the website crashed
1 the app keeps crashing
1 my package never came
1 my package was stolen
1 the box was crushed
1 it was delivered to the wrong house
1 the waiting room was full
1 I waited {number} hours to see the doctor
1 we waited {number} hours for nothing
1 my son hates going there
[object word]
car
phone
hair
order
luggage
couch
floor
package
papers
bumper
wall
dress
watch
clothes
computer
check
paperwork
)";

}  // namespace sentiment
