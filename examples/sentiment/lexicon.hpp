// Words of everyday reviews, sorted by their meaning, for the sentences of everyday.hpp. That file also says
// how to read them.
//
// A list has its name in brackets and words separated by commas. A word that is there twice is taken twice as
// often. A name that ends in + or - means words that praise or blame. A name before a dot is a topic or a
// domain; the list then serves only sentences about it. [adj+] and similar lists have what follows "it was".
// The single words of these, [plain adj+], also come before a noun.
#pragma once

#include <string_view>

namespace sentiment {

inline constexpr std::string_view kLexicon = R"(

==== What can be said of everything.

[adj+]
good, good, good, great, great, great, excellent, excellent, amazing, awesome, fantastic, wonderful, perfect, lovely, nice, nice, fine, superb,
outstanding, brilliant, terrific, fabulous, incredible, marvelous, marvellous, magnificent, splendid, phenomenal, exceptional, extraordinary,
stunning, gorgeous, beautiful, delightful, charming, pleasant, enjoyable, impressive, remarkable, flawless, faultless, first rate, first class,
top notch, world class, high quality, top quality, second to none, spot on, unbeatable, unmatched, unforgettable, memorable, special, unique,
refreshing, fresh, fun, cool, sweet, cute, neat, classy, elegant, stylish, solid, decent, satisfying, pleasing, rewarding, worthwhile, worth it,
well worth it, worth every penny, worth the money, better than expected, better than ever, ideal, invaluable, priceless, adorable, divine, heavenly,
glorious, sublime, exquisite, spectacular, sensational, dazzling, breathtaking, mind blowing, jaw dropping, amazingly good, surprisingly good,
really good, pretty good, so good, very good, very nice, super, fab, ace, rad, epic, legendary, killer, stellar, bomb, the bomb, the best, a winner,
a gem, a joy, a delight, a pleasure, a treat, a hit, a success, a steal, a bargain, a masterpiece, out of this world, off the charts, beyond compare,
on point, a blast, a breeze, my favorite, my favourite, favorable, positive, superior, commendable, praiseworthy, admirable, grand, premium,
well done, well made, well thought out, well presented, well balanced, well designed, well worth the price, as good as it gets,
everything we hoped for, everything I wanted, exactly what I wanted, just what I needed, just right, just perfect, absolutely perfect,
simply the best, bright, inviting, uplifting, likeable, likable, lovable, beloved, high end, luxurious, thoughtful, generous, consistent,
consistently good, authentic, genuine, magical, dreamy, fascinating, wonderfully done, polished, spotless, immaculate, tasteful, first rate, cheerful,
happy, winning, wicked good, insanely good, unreal, dope, lit, fire, yummy, ok with me

[adj-]
bad, bad, bad, terrible, terrible, awful, awful, horrible, horrible, poor, poor, disappointing, disappointing, dreadful, horrendous, atrocious,
appalling, abysmal, pathetic, pitiful, lousy, crappy, shoddy, sloppy, subpar, sub par, below average, mediocre, average at best, so so, meh,
underwhelming, unimpressive, unsatisfying, unsatisfactory, unacceptable, inexcusable, unforgivable, inadequate, inferior, laughable, ridiculous,
absurd, ludicrous, stupid, dumb, silly, lame, sad, depressing, disgusting, gross, nasty, vile, revolting, repulsive, hideous, ugly, painful,
unbearable, intolerable, unpleasant, annoying, irritating, frustrating, infuriating, aggravating, maddening, tedious, tiresome, boring, dull, bland,
forgettable, unremarkable, lackluster, lacklustre, uninspired, uninspiring, third rate, second rate, low quality, poor quality, bottom of the barrel,
overpriced, overrated, over rated, overhyped, useless, worthless, pointless, pathetic, hopeless, disastrous, shameful, disgraceful, shocking,
outrageous, offensive, insulting, rotten, filthy, dirty, messy, a mess, a joke, a disaster, a disgrace, a disappointment, a letdown, a let down,
a waste, a waste of time, a waste of money, a scam, a rip off, a ripoff, a nightmare, a failure, a flop, a dud, a shame, an insult, an embarrassment,
embarrassing, garbage, trash, junk, rubbish, crap, the worst, the pits, beyond bad, as bad as it gets, not good, not great,
nothing special, not worth it, not worth the money, not worth the price, not worth the effort, too expensive, way overpriced, weak, flawed, defective,
broken, faulty, questionable, dubious, suspicious, unreliable, inconsistent, hit or miss, hit and miss, half baked, poorly done, poorly made,
badly made, badly done, poorly executed, careless, tacky, cheesy, cheap looking, tasteless, off, way off, wrong, all wrong, weird,
unprofessional, negative, unfortunate, regrettable, lacking, sorely lacking, a bit much, over the top, a far cry from good,
sickening, nauseating, horrid, ghastly, grim, dismal, dire, woeful, wretched, miserable, bleak, sorry, crude, cringeworthy, unappealing,
uninteresting, unbelievably bad, incredibly bad, really bad, pretty bad, so bad, very bad, very poor, very disappointing, the pits, awfully bad,
downright awful, deplorable, despicable, contemptible, abominable, deceptive, misleading, dishonest, fake, phony, stale, tired, old and tired,
sketchy, shady, ridiculously bad, not up to par, not up to standard, below par, unusable, inconvenient, impractical, wasteful, problematic,
troublesome, bogus, unfair, obnoxious

[things+]
masterpiece, gem, hidden gem, treasure, delight, joy, pleasure, treat, triumph, success, winner, bargain, steal, great deal, good deal, blessing,
godsend, lifesaver, life saver, game changer, must have, must buy, must try, must, real find, great find, real gem, great value, good value,
good choice, great choice, great buy, good buy, great purchase, smart choice, nice surprise, pleasant surprise, lovely surprise, breath of fresh air,
class act, home run, home away from home, little piece of heaven, real treat, keeper, work of art, classic, instant classic, thing of beauty,
wonderful experience, great experience, amazing experience, good time, great time, blast, lot of fun, perfect fit, perfect gift, dream come true

[things-]
disaster, disgrace, disappointment, big disappointment, huge disappointment, letdown, let down, failure, total failure, flop, dud, joke, bad joke,
complete joke, mess, complete mess, nightmare, waste, waste of time, complete waste of time, waste of money, total waste of money, rip off, ripoff,
scam, fraud, con, lie, insult, embarrassment, shame, travesty, mistake, big mistake, huge mistake, mockery, hassle, pain, pain in the neck, headache,
chore, lemon, piece of junk, piece of crap, piece of trash, piece of garbage, load of rubbish, pile of junk, bad choice, poor choice, bad buy,
bad experience, terrible experience, horrible experience, awful experience, bad idea, tourist trap, money pit, torture, torment, sham, farce,
train wreck, bore, snooze, total bust, bust, fiasco, catastrophe, abomination, eyesore, dump, dive, hole, poor excuse, sorry excuse, shambles,
bad investment, poor value, sad sight, turn off

==== What a thing does, what it has, and how one begins to speak of it.

[does+]
rocks, rocked, rules, shines, sparkles, delivers, delivered, impresses, impressed, delights, charms, entertains, entertained, satisfies, works,
worked, excels, succeeds, triumphs, soars, wins, wows, amazes, inspires, moves, thrills, fascinates, captivates, dazzles, sings, glows, hits the mark,
hits all the right notes, stands out, stood out, pays off, paid off, comes together, comes through, goes down easy, never fails, makes the grade,
takes the cake, lasts, lasted, holds up, performs, beats expectations, exceeds expectations, does the trick, makes me happy, keeps me smiling,
is on fire, kicks butt, is the real deal, is second to none, is a cut above, is all that, gets everything right, gets better every time,
saved the day, made my day, made our night, tops them all, takes you to another world, has my vote, is right up my alley, glides, fits, flows, flowed,
resonates, enlightens, surprises, surprised us, pleases, pleased everyone, brightened my day, never gets old, earns its praise, deserves praise,
deserves an award, works wonders

[does-]
sucks, sucks, sucked, stinks, stank, blows, bites, bored me, bores, drags, dragged, annoys, annoyed me, disappoints, disappointed, disappointed me,
disappointed us, fails, failed, flops, flopped, irritates, offends, disgusts, insults, insulted me, upset me, frustrates, frustrated me, confuses,
confused us, angers, depresses, falls flat, falls short, falls apart, fell apart, broke, broke down, breaks, leaks, rattles, squeaks, drips, stalls,
crashes, crashed, freezes, froze, jams, jammed, sticks, tears, peels, cracks, crumbles, crumbled, collapsed, lags, stutters, overheats, died, dies,
quit, quits, malfunctioned, malfunctions, misses the mark, misses the point, lets you down, let me down, gets old fast, gets on my nerves,
got on my nerves, turned me off, wears thin, wears you out, goes nowhere, went nowhere, needs help, needs to go, needs to be replaced,
needs to be fired, has to go, leaves a bad taste, left a bad taste in my mouth, never works, never worked, never came, does nothing,
did nothing for me, hurts, hurt, reeks, smells, smelled, is a no go, is past its prime, is all hype, is all show, rubs me the wrong way,
wastes your time, wasted our time, wasted my evening, ruined everything, killed it for me, stumbles, suffers, suffered, struggles, lacks everything,
cheats, lies, steals, overcharges, rushes, ignores you, ignored us, burns, stains, shrinks, shrank, ripped, faded, backfired, plods, meanders,
wanders, sags, tanks, bombed, tanked, deteriorated, declined, worsened, ran out, makes no sense, tries too hard, takes forever, took forever,
scared the kids, grates

[virtue]
charm, wit, warmth, insight, intelligence, elegance, imagination, originality, creativity, style, energy, passion, heart, soul, humor, humour,
honesty, beauty, grace, depth, flavor, flavour, taste, character, personality, class, comfort, quality, craftsmanship, talent, skill, brilliance,
genius, tenderness, compassion, excitement, fun, joy, laughs, surprises, suspense, tension, power, subtlety, sophistication, magic, wonder, emotion,
feeling, sincerity, sweetness, freshness, generosity, kindness, courtesy, patience, professionalism, friendliness, hospitality, efficiency,
reliability, durability, value, integrity, care, love, pride, attention to detail, authenticity, clarity, precision, variety, vision, wisdom, truth,
confidence, ingenuity, inspiration, dignity, spirit, optimism, hope, delight, pleasure, good taste, good ideas, common sense

[vice]
boredom, tedium, cliches, clichés, stereotypes, nonsense, stupidity, silliness, emptiness, pretension, sentimentality, violence, noise, dirt, dust,
grease, salt, bugs, flaws, faults, problems, issues, errors, mistakes, defects, glitches, holes, plot holes, lies, excuses, delays, complaints,
rudeness, arrogance, incompetence, ignorance, laziness, greed, dishonesty, contempt, disrespect, neglect, carelessness, negligence, hostility,
confusion, chaos, filler, fluff, padding, gore, bad jokes, bad acting, bad ideas, bad attitude, attitude, hype, false advertising, hidden fees,
frustration, anger, misery, pain, suffering, disappointment, regret, embarrassment, disgust, stress, hassle, trouble, headaches, mediocrity, monotony,
repetition, melodrama, manipulation, self pity, self importance, cynicism, garbage, junk, trash, crap, rubbish, static, interference, mold, stains,
cockroaches, flies, smoke, filth, bad smells, empty promises, broken promises, incoherence, absurdity, contrivance, cheap thrills, dead ends,
loose ends, inconsistencies, inaccuracies

[so to say+]
fortunately, luckily, thankfully, happily, best of all, even better, to my delight, to our surprise it was good, better still, to top it off nicely,
good news, the good news is, what I love is, I'm happy to say, I am pleased to report, I love that, we loved that, it's great that, it is nice that,
the beauty of it is, on the plus side, on the bright side, thank god, thank goodness, hooray, bonus points, kudos, congratulations, bravo, wow, yay,
yum, mmm, ahhh, sweet, awesome, amazing, great news, I smiled when, how nice that, what impressed me most, to my relief

[so to say-]
unfortunately, unfortunately, unfortunately, sadly, regrettably, to make matters worse, worst of all, even worse, worse still,
to add insult to injury, to top it all off badly, the bad news is, what I hate is, I'm sorry to say, I am sad to say, I hate that, it is a pity that,
it's a shame that, too bad, on the down side, on the downside, sorry, alas, warning, caution, beware, ugh, yuck, ew, eww, oh no, for shame, bad news,
problem is, the trouble is, the problem is that, my problem is that, I was upset that, I hate to say it, I can't believe that, I cannot believe that,
my biggest complaint, what a pity, the worst thing is that, disappointingly, inexplicably, for some stupid reason, for some reason, I was shocked that

[critic+]
absorbing, accomplished, affecting, affectionate, agile, alive, alluring, amiable, appealing, ardent, arresting, artful, artistic, assured,
astonishing, astounding, audacious, beguiling, bewitching, bittersweet, blissful, brave, breezy, buoyant, candid, celebratory, cerebral, charismatic,
cinematic, colorful, compassionate, complex, concise, controversial, crafty, crowd pleasing, culturally rich, deft, delicate, delicious, devastating,
dramatic, dynamic, earnest, eccentric, ebullient, eerie, effective, effervescent, elaborate, eloquent, empathetic, enchanting, endearing, engaging,
enigmatic, enlightening, enriching, enticing, epic, ethereal, evocative, exotic, expressive, exuberant, eye opening, fanciful, faithful, fearless,
feisty, fluid, formidable, frank, galvanizing, genial, glamorous, graceful, gritty, gutsy, heroic, human,
humanistic, humble, hip, illuminating, immersive, impassioned, impeccable, imposing, incisive, infectious, ingenious, innocent, insightful, intense,
intimate, intricate, intriguing, inviting, invigorating, ironic, irresistible, jolly, jovial, joyful, joyous, keen, kinetic, literate, lovely, loving,
lucid, lush, lusty, macabre fun, mature, melodic, merry, mischievous, modest, monumental, musical, mysterious, mystical, nifty, noble, nostalgic,
observant, offbeat, opulent, painterly, passionate, penetrating, perceptive, personal, playful, pleasurable, potent, precise, principled, probing,
provocative, pulsating, pungent, radiant, refined, refreshing, relevant, resonant, resourceful, revealing, rewarding, rich, riotous, rip roaring,
robust, rollicking, romantic, rousing, saucy, savvy, scintillating, scrupulous, searching, seductive, seamless, sensational, sensual, sensuous,
serene, sexy, shrewd, singular, sly, sobering, sophisticated, soulful, sparkling, spectacular, spellbinding, spirited, splendid, spontaneous,
startling, sterling, stimulating, stirring, striking, strong, sturdy, sumptuous, surprising, swift, sympathetic, taut, telling, terrific, thoughtful,
tightly written, topical, touching, transcendent, transporting, tremendous, tricky, truthful, unassuming, uncanny, uncommon,
uncompromising, unconventional, understated, undeniable, unexpected, unflinching, universal, unpretentious, unsentimental, urgent, velvety, vibrant,
vital, vivid, warm hearted, welcome, whimsical, wholesome, wicked, winsome, wistful, wondrous, worthy, youthful, zany, zippy

[critic-]
abrasive, amateur, anemic, annoying, arbitrary, artificial, arty, assembly line, awkward, bad, banal, barren, bland, blah, bleary, bloodless, boorish,
brutal, brain dead, bumbling, by the numbers, calculated, callow, cartoonish, cheap, cheerless, choppy, claustrophobic, clichéd, clueless, clunky,
coarse, cold, cookie cutter, confused, condescending, contrived, cornball, crass, creaky, crude, crummy, cruel, cumbersome, cynical, dated, deadly,
deadly dull, degrading, demeaning, dense, derivative, desperate, detached, disagreeable, disconnected, disgraceful, disorienting, dispiriting,
disposable, dopey, dour, dreary, drippy, droning, dry, dumbed down, dysfunctional, emaciated, empty headed, endless, episodic, erratic, excessive,
exhausting, exploitative, extravagantly dumb, facile, failed, familiar, fatuous, feeble, flaccid, flashy, flatulent, flavorless, foolish, foul,
fragmented, frantic, frenetic, frivolous, frustrating, fuzzy, garish, gaudy, generic, gimmicky, glib, gloomy, glum, goofy, graceless, gratuitous,
grotesque, gruesome, half hearted, ham fisted, haphazard, harsh, heavy handed, hideous, hokey, hollow, humorless, hurried, hypocritical, hysterical,
ill conceived, ill advised, illogical, impenetrable, implausible, improbable, incomprehensible, inconsequential, indulgent, ineffective, inept, inert,
inexplicable, inferior, inhuman, insane, insecure, insignificant, insincere, insufferable, insufficient, interminable, intrusive, irrelevant,
irresponsible, jarring, jumbled, lackadaisical, laborious, labored, laboured, lacking, languid, lazy, leaden, lethargic, lightweight, limp, listless,
loathsome, lopsided, loud, lugubrious, lukewarm, lumbering, maudlin, mawkish, meager, mean spirited, meandering, mechanical, menacing, miscalculated,
misguided, misogynistic, misfired, morbid, morose, muddy, murky, mundane, mushy, narcissistic, naive, needless, no fun, noxious, numbing, obscure,
obvious, odd, odious, old hat, opaque, oppressive, ordinary, outlandish, overdone, overproduced, overstuffed, overwrought, overbearing, painful, pale,
pallid, pandering, patchy, pedestrian, perfunctory, perverse, plain, plotless, pompous, ponderous, prosaic, puerile, pushy, rambling, random, ragged,
redundant, rehashed, remote, repellent, repugnant, restless, risible, rote, rough, routine, sanctimonious, sappy, scattered, schlocky, schmaltzy,
scattershot, second hand, self conscious, self satisfied, self congratulatory, shallow, shapeless, shoddy, shrill, sickening, skin deep, slack,
slapdash, sleazy, slick but empty, slight, sluggish, slipshod, smarmy, smug, soap operatic, sophomoric, sour, sparse, spineless, spotty, static,
sterile, stiff, stodgy, strained, stupefying, stupid, stupidly plotted, superfluous, syrupy, tame, tawdry, tepid, thankless, threadbare, thoughtless,
toothless, torpid, torturous, tortured, transparent, treacly, trivial, turgid, ugly, unbalanced, unbelievable, uncinematic, unclear, undercooked,
undemanding, undistinguished, uneventful, unfocused, ungainly, unimaginative, uninvolving, unmotivated, unnatural, unnecessary, unoriginal,
unpersuasive, unrewarding, unsuccessful, unsurprising, unsympathetic, unwieldy, vacant, vacuous, vague, vain, vanilla, vapid, vulgar, washed out,
wasted, watered down, wearisome, weary, whiny, witless, wordy, worn out, worthless, wrongheaded, zany in a bad way

==== How much.

[very]
very, very, really, really, so, so, extremely, incredibly, absolutely, totally, completely, truly, pretty, quite, just,
simply, super, such, utterly, particularly, especially, exceptionally, remarkably, unbelievably, insanely, ridiculously, surprisingly, consistently,
always, all, just plain, beyond, rather, fairly, honestly, still, also, overall, generally, thoroughly, highly, deeply, seriously, definitely,
certainly, literally, damn, freaking, very very, so so so, way more than, downright, outright, positively, perfectly, equally, even

[too]
too, way too, far too, much too, a bit too, a little too, just too, so

==== Feelings and verdicts of people.

[feel+]
happy, happy, very happy, pleased, very pleased, satisfied, very satisfied, extremely satisfied, impressed, very impressed, so impressed, thrilled,
delighted, excited, glad, so glad, grateful, thankful, blown away, amazed, in love, in heaven, in awe, overjoyed, content, comfortable, proud, moved,
touched, hooked, won over, sold, a fan, a big fan, a huge fan, a happy customer, a satisfied customer, a happy camper, relieved, charmed, entertained,
pleasantly surprised, more than happy, more than satisfied, ecstatic, stoked, over the moon, addicted, enchanted, captivated,
obsessed, fascinated, at ease, welcome, well looked after, well taken care of, spoiled, safe, relaxed, at home, tickled,
full and happy, lucky, fortunate, blessed, beyond happy

[feel-]
disappointed, disappointed, very disappointed, so disappointed, really disappointed, extremely disappointed, let down, unhappy, very unhappy,
dissatisfied, unsatisfied, upset, very upset, angry, furious, mad, frustrated, very frustrated, annoyed, irritated, disgusted, appalled,
horrified, embarrassed, ashamed, insulted, offended, cheated, ripped off, scammed, robbed, deceived, misled, lied to,
tricked, fooled, ignored, neglected, unwelcome, bored, bored to death, bored to tears, bored stiff, confused, lost, sick, sick to my stomach, ill,
nauseous, uncomfortable, miserable, depressed, unimpressed, not impressed, not happy, not satisfied, not pleased, not amused, underwhelmed,
disheartened, dismayed, exhausted, fed up, done with them, sorry I bought it, sorry I went, sorry I came, stuck, trapped, worried, unsafe, rushed,
in pain, hungry still, starving by then, worse off, disillusioned, turned off, put off, regretful, bitter, outraged, livid, sad, heartbroken,
devastated, taken advantage of, discouraged, uneasy, cranky, sorely disappointed, less than impressed, dumbfounded by the rudeness

[loved+]
loved, loved, loved, really loved, absolutely loved, liked, liked, really liked, enjoyed, enjoyed, really enjoyed, thoroughly enjoyed, adored,
appreciated, really appreciated, treasured, savored, cherished, fell in love with, can't get enough of, couldn't get enough of,
couldn't stop praising, had a great time with, always enjoy, always love, still love, love love love, like, love, love, love, enjoy, adore, admire,
devoured, highly recommend, can recommend, recommend, strongly recommend, definitely recommend, would recommend, would definitely recommend,
would highly recommend, praise, got lots of compliments on, really dig, dig, fancy, crave, dream about, keep coming back for, can't live without,
would be lost without, swear by

[loved-]
hated, hated, really hated, hate, hate, disliked, dislike, despise, despised, detest, detested, loathe, loathed, regret, regret, regretted,
really regret, can't stand, couldn't stand, can't recommend, cannot recommend, could not recommend, would not recommend, wouldn't recommend,
would never recommend, do not recommend, don't recommend, did not like, didn't like, did not enjoy, didn't enjoy, did not love, didn't care for,
did not care for, don't care for, couldn't finish, could not finish, couldn't stomach, can't stomach, complained about, had problems with,
had trouble with, had issues with, had a bad experience with, had a terrible time with, returned, sent back, threw away, threw out,
wasted my money on, wasted my time on, would avoid, avoid, won't miss, resent, had high hopes for, got sick from, can't believe I paid for,
struggled with, suffered through, had to suffer through, gave up on

[am fond of+]
was impressed by, was blown away by, am in love with, was thrilled with, am very happy with, am so pleased with, was delighted with, am a big fan of,
was pleased with, am satisfied with, was amazed by

[am fond of-]
was disappointed with, was disappointed by, was disappointed in, was very disappointed with, was let down by, was not impressed with,
wasn't impressed with, am not happy with, was not happy with, am unhappy with, am sick of, am tired of, was appalled by, was disgusted by,
was annoyed by, was bored by, was ripped off by, was shocked by, am embarrassed by, was turned off by

[liked+]
loved, liked, enjoyed, really liked, really enjoyed, adored, appreciated, was happy with, is in love with, raved about

[liked-]
hated, disliked, did not like, didn't like, did not enjoy, despised, regretted, complained about, was not happy with, was disappointed with,
got sick from

[person+]
friendly, friendly, nice, kind, polite, helpful, helpful, attentive, courteous, welcoming, warm, professional, knowledgeable, patient, caring, prompt,
efficient, cheerful, charming, accommodating, considerate, thoughtful, lovely, sweet, honest, trustworthy, competent, skilled, experienced, gracious,
generous, respectful, sincere, genuine, hospitable, hard working, hardworking, responsive, easygoing, funny, talented, gentle, thorough, dedicated,
understanding, reliable, punctual, great, awesome, wonderful, amazing, fantastic, excellent, a joy, the best, so helpful, super friendly,
very professional, on the ball, personable, outgoing, quick to help, eager to please, on top of things, full of smiles, smiling, careful, trained,
well trained, well informed, fast, quick, passionate, proud of their work

[person-]
rude, rude, unfriendly, impolite, unhelpful, careless, impatient, arrogant, ignorant, incompetent, inept, clueless, lazy, slow, dishonest,
disrespectful, condescending, patronizing, dismissive, inattentive, indifferent, uninterested, disinterested, unprofessional, cold, hostile,
aggressive, pushy, snobby, snotty, stuck up, grumpy, moody, surly, sullen, nasty, mean, hateful, sarcastic, unresponsive, unorganized, disorganized,
untrained, inexperienced, uninformed, unapologetic, terrible, awful, horrible, the worst, a joke, useless, obnoxious, creepy, liars, thieves, crooks,
scammers, amateurs, a bunch of crooks, a nightmare, very rude, extremely rude, so rude, beyond rude, unbelievably rude, less than friendly,
not helpful, not friendly, not very nice, nowhere to be found, never there, too busy chatting, always on the phone, overworked, stressed, bitter,
smug, bossy, abrasive, short with us, abusive, insulting, negligent, reckless, uncaring, insensitive

[manner+]
well, very well, really well, beautifully, perfectly, wonderfully, brilliantly, superbly, excellently, flawlessly, expertly, skillfully, nicely,
carefully, with care, with love, to perfection, with a smile, professionally, promptly, quickly, efficiently, smoothly, effortlessly, elegantly,
gracefully, tastefully, cleverly, lovingly, honestly, generously, thoughtfully, exceptionally well, fantastically, amazingly, great, just right,
in no time, like a charm, like a dream, like a champ, as advertised, as described, as expected, as promised, without a hitch, without any problems,
without any issues, with no problems, politely, properly, reliably

[manner-]
badly, very badly, poorly, very poorly, terribly, horribly, awfully, dreadfully, carelessly, sloppily, lazily, rudely, incorrectly, wrongly, slowly,
too slowly, miserably, pathetically, atrociously, clumsily, awkwardly, half heartedly, cheaply, unprofessionally, inconsistently, painfully,
without care, without any care, with no care at all, without a smile, in a hurry, like an afterthought, like garbage, like trash, like a joke, late,
wrong, unfairly, disgracefully, inefficiently

==== Restaurants.

[food.kind]
meal, burger, pizza, steak, salad, soup, sandwich, dessert, breakfast, lunch, dinner, brunch, taco, burrito, omelette, omelet, curry, pancake, waffle,
cake, pie, sauce, buffet, menu, dish, plate, appetizer, starter, main course, entree, side dish, lobster, salmon, lamb, duck, roast, kebab, ramen,
pho, gyro, wrap, bagel, muffin, croissant, cheesecake, brownie, donut, sorbet, crust, dressing, batter, filet, quesadilla, risotto, hot dog, filling,
gravy, casserole, stew, chowder, calzone
[food.mass]
food, food, chicken, beef, pork, fish, seafood, sushi, pasta, rice, bread, cheese, bacon, meat, shrimp, crab, tuna, turkey, ham, tofu, salsa,
guacamole, hummus, ice cream, chocolate, toast, butter, garlic bread, lasagna, spaghetti, mac and cheese, fried rice, pad thai, sashimi, bbq,
barbecue, corn, spinach, lettuce, fruit, fry bread, pastry, dough, selection of dishes, flavor, flavour, taste, seasoning, presentation,
quality of the food
[food.many]
fries, wings, ribs, noodles, eggs, vegetables, potatoes, chips, beans, tacos, burgers, pancakes, dumplings, meatballs, mussels, oysters, scallops,
mushrooms, tomatoes, onion rings, nachos, pastries, cookies, desserts, portions, servings, ingredients, sandwiches, pizzas, rolls, flavors, flavours,
dishes, appetizers, sides, toppings, tortillas, enchiladas, meals, specials, olives, pickles, veggies, greens, sausages, biscuits
[food.adj+]
delicious, delicious, tasty, tasty, yummy, scrumptious, mouthwatering, flavorful, flavourful, fresh, juicy, tender, crispy, crisp, creamy, savory,
perfectly cooked, cooked to perfection, perfectly seasoned, well seasoned, well cooked, moist, fluffy, light, rich, hearty,
healthy, homemade, piping hot, hot and fresh, to die for, finger licking good, appetizing, satisfying, filling, generous, huge, plentiful,
reasonably priced, full of flavor, full of flavour, bursting with flavor, melt in your mouth, addictive, authentic, comforting, smooth, sweet,
succulent, delectable, so fresh, warm, golden, crunchy, zesty, tangy, smoky, buttery, decadent, gourmet
[food.adj-]
bland, tasteless, flavorless, flavourless, dry, too dry, overcooked, undercooked, raw, burnt, burned, charred, cold, ice cold, stone cold, lukewarm,
room temperature, soggy, greasy, oily, salty, too salty, way too salty, too sweet, too spicy, too greasy, stale, rotten, spoiled, moldy, mouldy,
rubbery, chewy, tough, tough as leather, mushy, slimy, watery, runny, frozen, microwaved, reheated, inedible, disgusting, gross, vile, tiny, small,
skimpy, stingy, unappetizing, sour, bitter, rancid, fatty, gristly, hard, hard as a rock, lumpy, flat, overpriced, expired, contaminated,
swimming in oil, drenched in grease, dripping with grease, missing, cold in the middle, cold when it came, pink inside, straight out of a can,
not fresh, without flavor, lacking flavor, devoid of flavor, fishy, mealy, limp, wilted, brown, old, doughy, parched, pasty, smelly, like cardboard,
like rubber, like plastic, like dog food

[drink.kind]
coffee, beer, wine, cocktail, margarita, smoothie, latte, espresso, cappuccino, tea, milkshake, drink, martini, lemonade, beverage, soda, beer list,
wine list, bar, drink menu, happy hour, mojito, sangria, pint, glass of wine
[drink.mass]
coffee, beer, wine, tea, juice, water, iced tea, hot chocolate, draft beer, lemonade, soda, milk, whiskey, house wine, champagne
[drink.many]
drinks, cocktails, wines, beers, margaritas, milkshakes, smoothies, teas, refills, shakes, sodas, martinis
[drink.adj+]
delicious, refreshing, strong, smooth, tasty, well made, ice cold, cold and refreshing, generous, creative, cheap, reasonably priced, fresh, fruity,
rich, crisp, bottomless, perfect, yummy, plentiful
[drink.adj-]
watered down, weak, flat, warm, bitter, burnt, sour, too sweet, overpriced, tasteless, undrinkable, lukewarm, stale, watery, small, cold, disgusting,
like dishwater, full of ice, never refilled

[eatery.kind]
restaurant, place, spot, bistro, cafe, diner, bar, pub, steakhouse, pizzeria, bakery, deli, buffet, joint, grill, patio, location, dining room,
kitchen, table, bathroom, terrace, atmosphere, ambiance, ambience, vibe, decor, interior, setting, environment, lounge, food truck, sushi bar,
taco shop, coffee shop, sports bar, chain, franchise, sandwich shop, ice cream parlor, dive, experience, establishment, hole in the wall, nightclub,
venue, neighborhood spot
[eatery.mass]
place, atmosphere, ambience, ambiance, decor, seating, music, lighting, parking, furniture, outdoor seating, background music
[eatery.many]
tables, bathrooms, restrooms, booths, prices, plates, chairs, floors, seats, portions and prices, hours, surroundings, tablecloths, glasses, views
[eatery.adj+]
cozy, cosy, clean, inviting, welcoming, charming, romantic, lively, relaxing, comfortable, spacious, quaint, trendy, modern, casual, family friendly,
kid friendly, popular, affordable, reasonable, reasonably priced, cheap, unpretentious, hip, intimate, bright, beautiful, packed with happy people,
wonderful for families, worth the drive, worth a visit, worth the wait, worth the trip, upbeat, relaxed, chill, laid back, fun, vibrant, local,
down to earth, pretty
[eatery.adj-]
dirty, filthy, noisy, loud, crowded, cramped, overpriced, expensive, too expensive, dead, run down, rundown, smelly, sticky,
greasy, dark, dingy, outdated, shabby, pretentious, overrated, disorganized, unclean, unsanitary, infested, full of flies, freezing, stuffy, chaotic,
gloomy, cheesy, tacky, covered in crumbs, not clean, uncomfortable, sleazy, in need of a makeover, a dump, a tourist trap, going downhill,
hot and stuffy, grimy, disgusting, sad, depressing, awkward, deafening, smoky, wobbly

[staff.kind]
waiter, waitress, server, bartender, hostess, host, chef, cook, manager, owner, cashier, barista, busboy, guy at the counter, girl at the counter,
lady at the register, man behind the counter, woman at the desk, guy who served us, kid at the drive thru, sommelier, employee,
woman who took our order, person who seated us, young man who helped us
[staff.mass]
staff, staff, service, service, crew, management, customer service, kitchen staff, wait staff, waitstaff, team, bar staff, hospitality
[staff.many]
waiters, servers, employees, owners, bartenders, managers, people who work here, workers, cooks, hosts, staff members, waitresses,
guys behind the bar, ladies at the front, people there
[staff.adj+]
{person+}, {person+}, {person+}, {person+}, fast, prompt, quick, on point, speedy, top notch, impeccable, excellent, outstanding
[staff.adj-]
{person-}, {person-}, {person-}, {person-}, slow, very slow, painfully slow, terrible, horrible, lousy, nonexistent, non existent, poor, awful,
lacking, too slow, understaffed, slow as molasses, beyond slow, the slowest

==== Films, books, games, music.

[film.kind]
film, film, movie, movie, movie, comedy, drama, thriller, documentary, sequel, prequel, remake, horror film, horror movie, romance, western, musical,
cartoon, animated film, series, show, episode, season, picture, flick, book, novel, story, album, song, game, play, concert, adaptation, short film,
war film, action movie, romantic comedy, sci fi film, tv show, sitcom, indie film, zombie movie, superhero movie, mystery, biography, debut, feature,
piece of cinema, cult film, read, tale, page turner, memoir, record, video game, miniseries, spy thriller, crime drama, fairy tale, slasher, franchise
[film.mass]
whole thing, first half, second half, first hour, ending, beginning, middle, music, humor, humour, animation, story, entire film, rest of the movie,
dialogue, cinema
[film.many]
films, movies, characters, jokes, scenes, songs, episodes, books, special effects, effects, performances, actors, lines, gags, action scenes,
last ten minutes, fight scenes, sequels, dialogues, plot twists, visuals, chapters, first few scenes, leads
[film.adj+]
{critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+}, {critic+},
gripping, moving, touching, heartwarming, heart warming, hilarious, funny, very funny, laugh out loud funny, witty, clever, smart, intelligent,
original, inventive, imaginative, creative, thought provoking, powerful, emotional, intense, suspenseful, thrilling, exciting, captivating, engaging,
engrossing, compelling, riveting, absorbing, entertaining, amusing, enjoyable, enthralling, mesmerizing, haunting, poignant, profound, inspiring,
inspirational, uplifting, beautiful, visually stunning, gorgeous, well acted, well written, well directed, well crafted, well paced, beautifully shot,
fast paced, action packed, edgy, scary, tense, atmospheric, deep, meaningful, insightful, honest, believable, convincing,
realistic, authentic, subtle, charming, sweet, tender, delightful, magical, timeless, classic, iconic, groundbreaking, ambitious, bold, daring,
masterful, brilliant, superb, oscar worthy, unforgettable, addictive, quirky, offbeat, wise, warm, faithful to the book, full of heart,
full of surprises, full of suspense, worth watching, worth seeing, worth your time, a must see, a masterpiece, a classic, a gem, a joy to watch,
a feast for the eyes, a work of art, a triumph, a wild ride, a tour de force, an instant classic, a laugh riot, one for the ages, underrated,
ahead of its time, perfectly cast, rich, lively, energetic, fresh, fascinating, exhilarating, breathtaking, sharp, lyrical, poetic, heartfelt, humane,
satisfying, catchy, unpredictable, nuanced, layered, complex, hypnotic, sincere, stylish, flawless, terrific fun
[film.adj-]
{critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-}, {critic-},
boring, boring, dull, slow, too slow, painfully slow, slow moving, predictable, cliched, cliche, unoriginal, derivative, formulaic, generic, silly,
stupid, dumb, mindless, brainless, idiotic, moronic, pointless, plotless, meaningless, senseless, nonsensical, incoherent, confusing, convoluted,
muddled, messy, disjointed, rambling, long winded, too long, way too long, overlong, drawn out, dragging, tedious, tiresome, unfunny, not funny,
humorless, lifeless, soulless, heartless, bland, flat, shallow, superficial, hollow, empty, forgettable, contrived, forced, fake, unbelievable,
unconvincing, implausible, far fetched, unrealistic, ridiculous, laughable, laughably bad, cheesy, corny, sappy, sentimental, melodramatic, preachy,
pretentious, self indulgent, pompous, overrated, overblown, overacted, over acted, wooden, stilted, badly acted, poorly acted, badly written,
poorly written, poorly directed, badly directed, amateurish, low budget, cheap, lazy, uninspired, unwatchable, unbearable, painful to watch,
hard to watch, hard to follow, a mess, a snooze, a snoozefest, a bore, a waste of two hours, a waste of film, a waste of celluloid, a waste of talent,
a flop, a turkey, a stinker, a travesty, an insult to the book, an insult to the viewer, a train wreck, a failure, garbage, trash, drivel, crap,
offensive, sexist, racist, exploitative, distasteful, gory for no reason, depressing, repetitive, monotonous, cringeworthy, embarrassing, annoying,
grating, irritating, underdeveloped, one dimensional, two dimensional, cardboard, full of holes, full of plot holes, full of cliches,
full of stereotypes, not scary, not believable, not worth watching, not worth seeing, nothing new, a rip off, uneven, choppy, rushed, weak, thin,
paper thin, bloated, clumsy, juvenile, childish, immature, vapid, insipid, inane, lame, hackneyed, trite, stale, aimless, mediocre, dated, plodding,
sleep inducing, mind numbing, excruciating, sloppy, ludicrous, lackluster, unimaginative, unlikable, pathetic, bad in every way,
a chore to sit through, a poor imitation, too violent

[story.kind]
story, plot, script, screenplay, ending, premise, storyline, story line, dialogue, twist, concept, idea, pacing, narrative, message, theme, climax,
finale, opening, scene, opening scene, writing, direction, tone, moral, plot line, structure, conclusion, final act, setup, subplot, love story,
punchline, style, treatment of the subject
[story.mass]
writing, dialogue, dialog, pacing, humor, suspense, directing, editing, action, storytelling, character development, comedy,
chemistry between the leads, romance, drama, direction
[story.many]
characters, jokes, twists, scenes, lines, dialogues, plot lines, themes, situations, conversations, relationships, action sequences, storylines,
subplots, flashbacks
[story.adj+]
{film.adj+}, {film.adj+}, {film.adj+}, gripping, moving, clever, well thought out, well developed, tight, satisfying, fleshed out, rounded,
three dimensional, relatable, sympathetic
[story.adj-]
{film.adj-}, {film.adj-}, {film.adj-}, predictable, full of holes, ridiculous, nonexistent, thin, confusing, stupid, poorly developed, absurd,
unclear, missing, obvious, forced

[acting.kind]
acting, cast, performance, lead actor, lead actress, main character, villain, hero, heroine, supporting cast, actor, actress, director, camera work,
camerawork, cinematography, soundtrack, score, costume design, set design, lighting, editing, photography, voice acting, leading man, leading lady,
supporting actor, writer, author, narrator, singer, band, choreography, sound, makeup, production, casting, art direction
[acting.mass]
acting, acting, cinematography, music, photography, choreography, casting, camera work, production design, scenery, overacting, art style, gameplay
[acting.many]
actors, performances, effects, special effects, visuals, costumes, sets, graphics, leads, stunts, songs, characters, actresses, visual effects,
dancers, locations, voices, vocals
[acting.adj+]
superb, brilliant, outstanding, convincing, believable, excellent, top notch, first rate, great, stunning, beautiful, gorgeous, breathtaking,
impressive, terrific, perfect for the role, perfectly cast, charismatic, talented, gifted, magnetic, captivating, natural, touching, memorable,
flawless, powerful, subtle, at his best, at her best, wonderful, electric, lovable, likeable, award worthy, amazing, spot on, solid, masterful,
a revelation, crisp, lush, sensitive, nuanced, in top form
[acting.adj-]
wooden, terrible, awful, horrible, atrocious, laughable, unconvincing, weak, stiff, over the top, hammy, amateurish, annoying, irritating, miscast,
wasted, bland, lifeless, flat, bad, really bad, pathetic, cheap, cheesy, fake, shaky, dreadful, poor, unlikable, unlikeable, forgettable, one note,
cardboard, appalling, grating, emotionless, hollow, uninspired, embarrassing, cartoonish, unprofessional, mediocre, distracting, out of place,
abysmal, second rate, out of tune

==== Products.

[gadget.kind]
phone, headset, laptop, camera, printer, charger, tablet, monitor, keyboard, mouse, router, speaker, earpiece, bluetooth headset, cell phone,
smartphone, mp3 player, watch, device, gadget, product, product, item, unit, model, tv, vacuum, blender, toaster, coffee maker, kettle, iron, fan,
heater, drill, mixer, microwave, fridge, washing machine, dryer, dishwasher, razor, hair dryer, toothbrush, thermometer, alarm clock, flashlight,
scale, remote, game controller, console, drone, gps, hard drive, flash drive, memory card, radio, projector, lamp, bike, scooter, stroller, app,
program, software, update, machine, tool, set, kit, purchase, cell, hands free kit, player, pen, stapler, calculator
[gadget.mass]
product, thing, equipment, software, hardware, stuff, brand, item
[gadget.many]
headphones, earbuds, speakers, batteries, phones, devices, tools, products, items, chargers, ear buds, lights, knives, pans, gadgets, scissors,
walkie talkies, cartridges
[gadget.adj+]
reliable, sturdy, durable, solid, well made, well built, easy to use, so easy to use, easy to set up, easy to install, simple to use, user friendly,
lightweight, light, compact, portable, handy, useful, practical, convenient, fast, quick, quiet, powerful, accurate, precise, versatile, efficient,
affordable, inexpensive, reasonably priced, good value, sleek, stylish, attractive, slim, comfortable, responsive, intuitive, rugged, dependable,
high quality, top quality, as described, as advertised, exactly as described, a bargain, a great buy, a must have, a lifesaver, great for the price,
excellent for the price, worth the price, well worth the money, perfect for travel, perfect for my needs, great for work, still going strong,
still working great, still like new, built to last, better than my old one, the best I have owned, flawless, innovative, sharp, clear, bright,
waterproof, heavy duty, comfy, functional, ergonomic, superior to the others, very well priced, a good fit, speedy, hassle free
[gadget.adj-]
unreliable, flimsy, cheap, cheaply made, poorly made, poorly designed, badly designed, useless, worthless, defective, faulty, broken, dead on arrival,
dead after a month, slow, sluggish, noisy, loud, bulky, heavy, clunky, awkward, uncomfortable, fragile, brittle, weak, unresponsive, buggy, glitchy,
laggy, inaccurate, complicated, confusing, hard to use, difficult to use, impossible to use, hard to set up, impossible to install, a hassle to use,
too small, too big, too heavy, too loud, too complicated, too expensive, overpriced, not as described, not as advertised, nothing like the picture,
not compatible, incompatible, outdated, junk, trash, garbage, crap, a paperweight, a waste of money, a piece of junk, a lemon, a toy, cheap plastic,
scratched, dented, cracked, damaged, used, missing parts, unusable, overheating, leaking, crooked, loose, falling apart, dangerous, unsafe,
a fire hazard, of poor quality, of low quality, not durable, not sturdy, not user friendly, inferior, misleading, counterfeit, dead, warped, jammed,
rusty, torn, stained, finicky, temperamental, mislabeled, lousy, annoying to use, a disappointment, poorly constructed, shoddy

[part.kind]
battery, screen, display, sound, picture, volume, reception, signal, sound quality, call quality, picture quality, build quality, battery life,
design, size, weight, price, color, colour, fit, material, case, cover, cable, cord, plug, button, switch, lid, handle, strap, clip, lens, zoom,
flash, speaker, microphone, mic, keypad, interface, menu system, setup, installation, instruction manual, manual, warranty, packaging, box, shipping,
delivery, connection, software, app, hinge, antenna, charger, cushion, mattress, zipper, motor, filter, touch screen, touchscreen, camera, feature,
ear piece, ear hook, holster, belt clip, bluetooth, range, audio, voice quality, resolution, bass, stitching
[part.mass]
sound, battery life, sound quality, reception, audio, video quality, bluetooth, wifi, shipping, packaging, design, quality, workmanship, clarity,
volume, customer support, performance, coverage, construction, plastic, fabric, leather, texture
[part.many]
buttons, keys, instructions, speakers, pictures, photos, calls, features, controls, colors, colours, parts, cables, screws, seams, ear pads,
earpieces, pockets, settings, menus, functions, graphics, straps, hinges, corners, batteries, videos
[part.adj+]
great, excellent, clear, crystal clear, crisp, sharp, vivid, bright, loud and clear, strong, long lasting, durable, solid, sturdy, perfect,
comfortable, soft, smooth, simple, intuitive, easy to read, easy to use, easy to follow, fast, responsive, impressive, amazing, superb, just right,
beautiful, gorgeous, sleek, reasonable, fair, unbeatable, as described, accurate, secure, snug, generous, reliable, flawless, rich, nice and loud,
top notch, well designed, handy, fantastic, flexible, effective, helpful, stable
[part.adj-]
terrible, awful, horrible, poor, weak, bad, lousy, muffled, distorted, tinny, scratchy, fuzzy, blurry, grainy, dim, dark, low, too low, too quiet,
too short, too small, too tight, too loose, loose, flimsy, cheap, broken, cracked, scratched, uncomfortable, useless, confusing, unclear,
hard to read, hard to understand, hard to press, slow, unresponsive, unreliable, spotty, dropping, choppy, garbled, full of static, full of echo,
short lived, disappointing, mediocre, wrong, misleading, defective, dead, stiff, sticky, itchy, rough, ill fitting, crooked, missing, outrageous,
ridiculous, unreasonable, awkward, worthless, limited, noisy, hissing, buzzing, glitchy, erratic, faded, frayed, inaudible, inaccurate, illegible,
intermittent

[wear.kind]
shirt, dress, jacket, coat, sweater, hoodie, skirt, hat, bag, backpack, purse, wallet, belt, suitcase, blanket, pillow, mattress, sofa, couch, chair,
desk, table, rug, curtain, towel, lotion, shampoo, cream, perfume, lipstick, toy, doll, puzzle, board game, necklace, ring, bracelet, costume,
swimsuit, case, screen protector, cover, pouch, tent, sleeping bag, water bottle, mug, pan, pot, knife, bookshelf, bed frame, gift, christmas present,
umbrella, crib
[wear.mass]
fabric, material, leather, cotton, makeup, jewelry, furniture, clothing, fit, stitching, dog food, paint, quality
[wear.many]
shoes, boots, sneakers, sandals, jeans, pants, leggings, socks, gloves, sunglasses, sheets, towels, earrings, shorts, slippers, heels, shirts,
clothes, covers, cases, toys, glasses, pajamas, curtains
[wear.adj+]
soft, comfortable, comfy, warm, cozy, flattering, true to size, well made, durable, stylish, cute, pretty, gorgeous, beautiful, adorable, lightweight,
a perfect fit, a great fit, good quality, sturdy, breathable, waterproof, elegant, classy, fashionable, perfect for summer, perfect for winter, roomy,
spacious, supportive, absorbent, worth every penny, just as pictured, just as described, a great gift, a hit with the kids, snug, plush, silky,
gentle on my skin, long lasting, easy to clean, easy to assemble, easy to wash, versatile, fun
[wear.adj-]
itchy, scratchy, uncomfortable, stiff, cheap, cheaply made, poorly made, flimsy, thin, see through, paper thin, too small, too big, too tight,
too short, too long, the wrong size, the wrong color, not true to size, ripped, torn, stained, faded, falling apart, badly stitched, poor quality,
ugly, unflattering, frumpy, smelly, full of holes, stretched out, shrunk after one wash, misshapen, lopsided, painful to wear, hard to clean,
hard to assemble, wobbly, nothing like the photo, not as pictured, worn out, lumpy, rough, sticky, scratched, broken, missing a button, shapeless,
overpriced, toxic, drying

==== Travel.

[room.kind]
room, hotel, hostel, motel, resort, apartment, cabin, suite, villa, bed, bathroom, shower, pool, lobby, balcony, view, breakfast, breakfast buffet,
spa, gym, garden, beach, location, campsite, house, guest house, inn, bed and breakfast, elevator, hot tub, kitchen, mattress, air conditioning,
front desk, property, stay, rental, accommodation, airbnb, condo, casino, check in, minibar, terrace, patio
[room.mass]
accommodation, location, housekeeping, air conditioning, wifi, internet, water pressure, parking, room service, hot water, bedding, furniture, carpet,
soundproofing, decor
[room.many]
rooms, beds, towels, sheets, pillows, views, facilities, grounds, amenities, bathrooms, walls, elevators, beaches, gardens, pools, linens, showers,
curtains, windows, neighbors, suites
[room.adj+]
clean, very clean, spotless, spacious, roomy, comfortable, comfy, quiet, cozy, luxurious, modern, bright, airy, well equipped, well maintained,
well located, close to everything, close to the beach, centrally located, peaceful, relaxing, tranquil, charming, beautiful, stunning, breathtaking,
newly renovated, welcoming, affordable, good value, great value, safe, warm, inviting, scenic, picturesque, idyllic, secluded, convenient, immaculate,
tidy, cool, serene, a paradise, heaven on earth, a home away from home, great for families, worth every cent, pristine, first class, plush
[room.adj-]
dirty, filthy, disgusting, smelly, musty, moldy, damp, noisy, loud, cramped, tiny, small, dark, dingy, outdated, old, run down, shabby, worn,
worn out, stained, dusty, uncomfortable, hard as a rock, lumpy, broken, freezing, hot and stuffy, stuffy, overpriced, crowded, overcrowded, unsafe,
far from everything, infested, full of bugs, full of cockroaches, full of ants, crawling with bugs, cold, depressing, gloomy, falling apart,
in need of repair, badly maintained, poorly maintained, out of order, closed, unclean, unsanitary, dated, thin, paper thin, rusty, leaking, clogged,
peeling, sticky, squeaky, not clean, not as advertised, nothing like the photos, above a nightclub, without windows, sketchy, dilapidated, neglected,
grubby

[trip.kind]
trip, holiday, vacation, tour, flight, cruise, journey, train ride, bus ride, drive, hike, museum, city, town, island, village, park, castle, market,
airport, airline, ferry, train, bus, taxi, excursion, honeymoon, weekend, getaway, safari, zoo, theme park, aquarium, gallery, festival, boat trip,
walking tour, ski resort, beach, national park, itinerary, travel agency, rental car, cab ride, attraction, exhibit, ride
[trip.mass]
scenery, weather, nightlife, traffic, trip, public transport, legroom, sightseeing, snorkeling, boarding, food on board, entertainment
[trip.many]
views, rides, flights, tours, tickets, trains, buses, seats, beaches, locals, crowds, queues, lines, sights, excursions, landscapes, mountains,
museums
[trip.adj+]
relaxing, exciting, unforgettable, memorable, breathtaking, beautiful, scenic, stunning, pleasant, smooth, on time, well organized, well organised,
fun, informative, interesting, educational, adventurous, romantic, magical, amazing, peaceful, worth a visit, worth seeing, a highlight,
the highlight of our trip, the trip of a lifetime, a dream come true, great for kids, comfortable, enjoyable, picturesque, vibrant, spectacular,
hassle free, a must see, punctual, impressive, charming, a blast, free and fun
[trip.adj-]
tiring, exhausting, stressful, boring, delayed, cancelled, canceled, late, always late, overbooked, overcrowded, overpriced, crowded, dirty,
unpleasant, unsafe, dangerous, disorganized, badly organized, poorly organized, poorly planned, rushed, bumpy, cramped, uncomfortable, a nightmare,
a disaster, a tourist trap, a rip off, a waste of a day, a waste of time, not worth the money, not worth a visit, not worth the drive, noisy, dull,
chaotic, miserable, ruined, smelly, polluted, closed for repairs, hot and sweaty, endless, touristy, horrible from start to finish, hours late,
freezing cold, terrifying, confusing

[crew.kind]
guide, tour guide, driver, bus driver, taxi driver, host, receptionist, concierge, flight attendant, pilot, travel agent, clerk, maid, manager, owner,
doorman, captain, front desk clerk, lady at the front desk, instructor, ranger
[crew.mass]
staff, crew, cabin crew, service, hotel staff, management, reception, ground staff, front desk staff
[crew.many]
guides, drivers, hosts, flight attendants, employees, people at reception, owners, locals, staff members, maids, agents
[crew.adj+]
{person+}
[crew.adj-]
{person-}

==== Services.

[company.kind]
company, shop, store, bank, clinic, hospital, salon, gym, garage, agency, dealership, website, hotline, phone company, insurance company,
internet provider, cable company, seller, vendor, merchant, retailer, school, course, class, daycare, pharmacy, dry cleaner, moving company, airline,
landlord, office, supermarket, market, mall, bookstore, nail salon, barber shop, spa, vet, post office, business, branch, contractor, law firm,
university, outfit, web site, app, online store, call center
[company.mass]
customer service, customer support, tech support, service, support, management, delivery, shipping, communication, billing, selection, checkout
[company.many]
prices, products, people, fees, rates, policies, classes, hours, lines, waiting times, deliveries, services, treatments, deals, charges,
products they sell
[company.adj+]
reliable, trustworthy, honest, professional, efficient, fast, quick, fair, reasonable, affordable, friendly, helpful, responsive, organized,
transparent, great to deal with, easy to deal with, a pleasure to work with, a pleasure to deal with, worth every penny, the best in town,
highly recommended, clean, modern, convenient, well stocked, well run, well organized, reputable, dependable, competitive, accommodating, on time,
prompt, hassle free, stress free, smooth, secure, pleasant, family owned and friendly, first class
[company.adj-]
unreliable, dishonest, unprofessional, slow, expensive, overpriced, disorganized, unhelpful, unresponsive, impossible to reach,
impossible to deal with, a nightmare to deal with, a pain to deal with, greedy, shady, crooked, corrupt, incompetent, useless, a scam, a rip off,
a joke, misleading, deceptive, fraudulent, hidden, unfair, ridiculous, outrageous, terrible, awful, frustrating, confusing, out of stock,
always closed, understaffed, badly run, poorly run, poorly managed, going downhill, full of lies, full of excuses, only after your money, always down,
late, always late, delayed, sloppy, careless, a mess, chaotic, inflexible, indifferent, exorbitant, predatory, a bunch of thieves

[helper.kind]
doctor, dentist, nurse, mechanic, technician, plumber, electrician, hairdresser, stylist, barber, teacher, coach, trainer, lawyer, accountant, vet,
painter, builder, cleaner, babysitter, therapist, surgeon, pharmacist, clerk, agent, representative, salesman, saleswoman, sales rep, seller,
receptionist, manager, cashier, instructor, real estate agent, delivery driver, delivery guy, mailman, photographer, massage therapist,
nail technician, landlord, security guard, lady on the phone, man on the phone, person I spoke to, woman I talked to, guy who came to our house
[helper.mass]
staff, office staff, team, crew, personnel, sales staff, support team
[helper.many]
doctors, nurses, teachers, technicians, mechanics, employees, agents, representatives, trainers, movers, workers, sales people, guys who came,
people on the phone
[helper.adj+]
{person+}
[helper.adj-]
{person-}

[job.kind]
repair, haircut, delivery, installation, appointment, treatment, massage, oil change, refund process, return process, return, order, checkout,
package, parcel, move, lesson, consultation, service call, manicure, pedicure, cleaning, visit, paint job, procedure, surgery, purchase, transaction,
exchange, experience, phone call, reply, quote, bill, estimate, offer, subscription, contract
[job.mass]
work, service, delivery, shipping, communication, process, whole process, advice, help, follow up
[job.many]
repairs, results, prices, nails, highlights, instructions, deliveries, lessons, appointments, photos, brakes, answers
[job.adj+]
quick, fast, easy, smooth, painless, simple, effortless, perfect, excellent, prompt, on time, early, ahead of schedule, fair, reasonable, affordable,
professional, hassle free, done right, well done, worth it, just what I wanted, exactly what I asked for, thorough, careful, relaxing, gentle,
better than I expected, cheaper than I expected, neat, tidy, stress free, lightning fast, super fast
[job.adj-]
slow, late, very late, painful, sloppy, botched, ruined, a disaster, a nightmare, a mess, wrong, incomplete, unfinished, overpriced, expensive,
rushed, delayed, cancelled, lost, never finished, never delivered, careless, unprofessional, shoddy, badly done, poorly done, uneven, crooked, a joke,
a hassle, a headache, not what I asked for, twice the price, twice as much as quoted, damaged, incorrect, complicated, frustrating, endless,
botched from the start, worse than before, too high, outrageous

)";

// Words without opinions. They are separate because a literal should have no more than 65,536 characters.
inline constexpr std::string_view kOtherWords = R"(

==== What carries no opinion: people, times, places, things that one mentions.

[someone]
my wife, my husband, my mother, my father, my mom, my dad, my son, my daughter, my sister, my brother, my friend, my best friend, my boyfriend,
my girlfriend, my boss, my coworker, my neighbor, my uncle, my aunt, my grandmother, my grandson, my roommate, my cousin, my niece, my nephew,
my partner, a friend, a colleague, a coworker, the whole family, our group, my fiance, my teenager, my toddler, everyone at our table, my grandfather,
my better half, my date

[time]
yesterday, last night, last week, last month, last year, on saturday, on sunday, on friday night, on monday, on a tuesday, this morning,
this afternoon, this weekend, last summer, two weeks ago, a month ago, three days ago, a few days ago, a year ago, for my birthday,
for our anniversary, for christmas, for mother's day, around noon, at 7 pm, at 10 am, in july, in december, for the first time, for the second time,
today, tonight, over the holidays, in march, for the weekend, on vacation, after work, before the show, during my lunch break, about six months ago,
back in may, in 2009, last thursday, on wednesday

[reason]
for lunch, for dinner, for a birthday party, for a date night, for work, with friends, with my family, with a coupon, with a group of eight,
on a business trip, to replace my old one, as a gift, for my car, for my office, for my kitchen, because of the reviews,
because a friend suggested it, on the way home, after a long day, before a concert, for a wedding, for a class, for a trip to europe, for my dad,
for my daughter, on my lunch hour, from the airport, to celebrate, while in town, with the kids, on their website, at the mall, online, from amazon,
through an agency, downtown, near the station, on netflix, on dvd, at the cinema, at the theater, on tv, on a plane

[object]
a table for two, a window seat, the chicken, the special, the lunch special, two burgers, a large pizza, the fish, a salad and a soup, the combo,
a bottle of wine, a glass of water, some tacos, dessert, an appetizer, a phone, a new charger, a case, two of these, the black one, the blue one,
a size 10, a medium, the 32 inch model, a ticket, two tickets, a room, a double room, a car, an appointment, a haircut, an oil change, the tour,
the dvd, the book, the trailer, the first season, the early show, a headset, this one, the set, the small one, the extended warranty, a spare battery,
the vegetarian option, eggs and toast, a cup of coffee, the house salad, the ribs, the shrimp, a steak, a sandwich to go

[place]
in las vegas, in phoenix, in london, in new york, in paris, in town, in the city, in the area, on the corner, near our house, near the beach,
by the lake, next to our hotel, across the street, in the mall, at the airport, on main street, in chicago, in the neighborhood, in scottsdale,
in spain, in italy, in florida, in california, around here, in the desert, on the strip, in the valley, in berlin, downstairs, in the back,
near the university, in this part of town

==== What the rules ask for by name.

[not once]
not once, never, at no time

[better+]
better

[better-]
worse

[seen]
had, tried, experienced, come across

[dining.seen]
tasted, eaten, been to

[product.seen]
owned, used, bought

[travel.seen]
seen, been to, visited, stayed at

[service.seen]
used, dealt with, been to

[town]
town, the city, the area, the valley, the world, las vegas, the country, the state, the neighborhood

[expected]
I expected, we expected, expected, I thought, I had hoped, I remembered, I imagined, the reviews said, advertised, I was told, described,
the photos suggest

[any other]
any other, all the others, most, the rest, the competition, the original

[price]
price, money, time, drive, effort, trip, wait, hype

[money]
money, time, time and money, my time, an evening, space, energy, two hours, film

[penny]
penny, cent, dollar, minute

[par]
par, standard, expectations, the hype, scratch

[hype]
hype, reviews, price, promise, expectations, ads, first one

[me]
me, us, my taste, the price, our group, a family, what it is, anyone

[done]
done, made, cooked, prepared, written, acted, directed, designed, built, executed, handled, organized, presented, managed, treated, put together,
packaged, served, produced, thought out, explained, maintained

[adv+]
beautifully, brilliantly, wonderfully, perfectly, superbly, cleverly, nicely, masterfully, lovingly, skillfully, exquisitely

[adv-]
poorly, badly, terribly, horribly, carelessly, sloppily, awfully, cheaply, lazily

[tooword]
long, short, small, big, expensive, loud, slow, salty, sweet, spicy, greasy, cold, hot, heavy, thin, complicated, dark, tight, late, crowded, noisy,
weak, strong, predictable, much, far, hard, rich, pricey, silly, high, low, bright, dry, fragile, bulky

[enough word]
good, big, long, loud, strong, hot, clear, fresh, fast, bright, clean, funny, warm, close, sturdy, comfortable

[quality]
flavor, flavour, taste, quality, charm, character, depth, substance, imagination, originality, atmosphere, personality, seasoning, variety,
professionalism, respect, courtesy, style, heart, soul, suspense, humor, common sense, value, care, consistency, power, chemistry,
attention to detail, class, credibility, customer service, manners

[time span]
evening, night, day, trip, weekend, stay, experience, meal, dinner, visit, birthday, holiday, movie, vacation

[known]
read the reviews first, gone somewhere else, stayed home, bought something else, saved our money, known before, listened to my friends,
never gone there, skipped it, never bought it, zero stars to give

[number]
two, three, four, five, six, ten, a couple of, a few, several

[units]
days, weeks, months, years, hours, minutes, visits, uses, tries

[decade]
seventies, eighties, nineties, sixties

[ordinal]
first, second, third

[try]
try, see, get, buy, visit, order, check out

[return again]
come back, return, go back, go again, visit again, recommend it, go there again, use it again

[dining.return again]
eat here again, order again, order from here again, dine here again, come here again, come back for more

[anyone]
anyone, everyone, all my friends, friends and family, others, all, anybody, my family, my worst enemy, people, families, {someone},
anyone who likes {many}

[buying]
buying, ordering, going, watching, booking, trying, choosing, renting, paying for, reading, getting, eating, seeing, visiting, taking

[rather]
eat at home, stay home, watch paint dry, go hungry, walk, eat dirt, use my old one, sleep in my car, do it myself

[time future]
tomorrow, next week, soon, this weekend, next year, again and again

[our]
our, my, all

[right price]
right, fair, reasonable, very reasonable, great, unbeatable, good, so cheap, more than fair, affordable

[order]
order, reservation, luggage, food, drinks, papers, package, appetizer

[calls]
calls, emails, complaint, questions, order, request

[help]
help, help us, listen, apologize, refund my money, give me a refund, give us a refund, fix it, honor the warranty, replace it, take it back, answer,
explain, let us in, seat us, check on us, refill our drinks, acknowledge us, say hello, say sorry, bother, call back, return my call, exchange it,
do anything

[helped]
helped us, cared, listened, answered, called back, apologized, showed up, checked on us, knew anything, knew what to do, came, smiled, responded,
fixed it, replied, paid attention

[helped not]
nobody came, nothing happened, nobody cared, no one helped, they did nothing, never got it, they never showed up, they ignored me, we got nothing,
it never came, they didn't care

[had to]
send it back, ask for water, ask for the bill, beg for service, return it, buy a new one, call three times, wait outside, leave, change rooms,
pay extra, throw it out, clean it ourselves, flag down the waiter, repeat myself, stop eating, cancel, fight for it, go somewhere else, walk out,
turn it off, take it back

[stars]
five stars, one star, any stars, a star

[wrong price]
too high, outrageous, ridiculous, a joke, insane, way too high, unreasonable, crazy, a rip off, absurd, excessive

[place word]
a prison, a school play, high school, a gas station, an airport, a hospital

[close them]
close them, shut them down, visit

[huge]
huge, generous, big, large, plentiful, more than enough, perfect

[fresh]
freshness, love, quality, difference

[tiny]
tiny, too small, very small, small, ridiculously small, laughable, a joke, stingy

[yuck]
cardboard, rubber, plastic, dog food, dirt, soap, feet, vomit, garbage, sewage, mold, old oil, leather, nothing, dishwater, glue, a wet dog, smoke,
medicine, paper, chemicals, metal

[bug]
fly, bug, cockroach, roach

[chain]
a gas station, the airport, home, the grocery store, a fast food place, a food court, any other place, the supermarket

[person word]
my dog, a dog, a hungry person, even a starving man

[nailed]
did a great job, did a wonderful job, nailed it, knows what he is doing, outdid himself, gave it their all, deserves an award, pulled it off

[minute]
minute, page, scene, episode, frame

[mood]
love, war, childhood, family life, small town life, the times, friendship, loneliness, history, the era, human nature, growing up

[actor]
the lead, the main actor, the young actress, the director, the villain, the writer, the supporting cast, the star, she, he, the child actor, everyone,
the narrator

[his]
his, her, their

[fans]
fans, audience, viewer, original, book, intelligence

[shame]
be ashamed, be fired, find another job, go back to school

[yuck sound]
a robot, I'm in a tunnel, I am under water, a tin can, static

[object word]
car, phone, hair, order, luggage, couch, floor, package, papers, bumper, wall, dress, watch, clothes, computer, check, paperwork

)";

}  // namespace sentiment
